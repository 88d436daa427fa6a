"""One account of an accounts.sql, enforced by a real ClickHouse (libchdb) behind a small HTTP interface:

    account_engine.py LIBCHDB ACCOUNTS_SQL ACCOUNT DATA_FOLDER

libchdb has one user and no place to store others, so the account's grants and settings profile are given to that user
in a users.xml; ClickHouse then checks them as a server would. As `administrator` it may manage accounts and knows the
names in the file: a statement about them is then checked whole and fails only where it would be stored. Prints its
port. Answers statements one at a time.
"""
import ctypes
import http.server
import os
import re
import sys
import threading
import urllib.parse
from xml.sax.saxutils import escape

FRONT = {'query', 'query_id', 'database', 'default_format', 'wait_end_of_query', 'enable_http_compression'}


def statements(path):
    text = re.sub(r'--.*', '', open(path, encoding='utf-8').read())
    return [' '.join(part.split()) for part in text.split(';') if part.strip()]


def grants(sql, account):
    found = (re.fullmatch(rf'(GRANT .+) TO {account}', statement) for statement in sql)
    return [match[1] for match in found if match]


def profile(sql, account):
    """The profile's settings as (name, value or None, MIN, MAX, kind)."""
    found = (re.fullmatch(rf'CREATE SETTINGS PROFILE OR REPLACE {account} SETTINGS (.+)', s) for s in sql)
    items = next(match[1] for match in found if match).split(', ')
    shape = r"(\w+)(?: = '?(\w+)'?)?(?: MIN (\d+))?(?: MAX (\d+))?(?: (CONST))?"
    return [re.fullmatch(shape, item).groups() for item in items]


def user(name, inside):
    return f'<{name}><no_password/><networks><ip>::/0</ip></networks><profile>default</profile>{inside}</{name}>'


def account_xml(sql, account):
    settings, constraints = '', ''
    for name, value, low, high, kind in profile(sql, account):
        settings += f'<{name}>{value}</{name}>' if value is not None else ''
        rules = (f'<min>{low}</min>' if low else '') + (f'<max>{high}</max>' if high else '')
        rules += f'<{kind.lower()}/>' if kind else ''
        constraints += f'<{name}>{rules}</{name}>' if rules else ''
    queries = ''.join(f'<query>{escape(grant)}</query>' for grant in grants(sql, account))
    return (f'<profiles><default>{settings}<constraints>{constraints}</constraints></default></profiles>'
            f'<users>{user("default", f"<grants>{queries}</grants>")}</users>')


def administrator_xml(sql):
    names = re.findall(r'CREATE USER OR REPLACE (\w+)', ' '.join(sql))
    users = ''.join(user(name, '') for name in names)
    profiles = ''.join(f'<{name}/>' for name in names)
    return (f'<profiles><default/>{profiles}</profiles>'
            f'<users>{user("default", "<access_management>1</access_management>")}{users}</users>')


def users_xml(sql, account):
    inside = administrator_xml(sql) if account == 'administrator' else account_xml(sql, account)
    return f'<clickhouse>{inside}<quotas><default/></quotas></clickhouse>'


class Database:
    def __init__(self, library, folder, users):
        self.library = ctypes.CDLL(library)
        pointer, size, text = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p
        for name, result, arguments in (
                ('chdb_connect', ctypes.POINTER(pointer), [ctypes.c_int, ctypes.POINTER(text)]),
                ('chdb_close_conn', None, [ctypes.POINTER(pointer)]),
                ('chdb_query_with_params_n', pointer,
                 [pointer, text, size, text, size] + [ctypes.POINTER(text), ctypes.POINTER(size)] * 2 + [size]),
                ('chdb_result_buffer', pointer, [pointer]), ('chdb_result_length', size, [pointer]),
                ('chdb_result_error', text, [pointer]), ('chdb_destroy_query_result', None, [pointer])):
            function = getattr(self.library, name)
            function.restype, function.argtypes = result, arguments
        self.library.chdb_set_signal_handlers_enabled(0)
        os.makedirs(folder, exist_ok=True)
        for name, body in (('users', users),
                           ('config', f'<clickhouse><users_config>{folder}/users.xml</users_config></clickhouse>')):
            with open(f'{folder}/{name}.xml', 'w', encoding='utf-8') as file:
                file.write(body)
        self.arguments = [b'clickhouse', f'--path={folder}/data'.encode(), f'--config-file={folder}/config.xml'.encode()]
        self.root = self.connect()

    def connect(self):
        connection = self.library.chdb_connect(len(self.arguments), (ctypes.c_char_p * 3)(*self.arguments))
        if not connection:
            sys.exit('the database cannot be opened')
        return connection

    def run(self, connection, sql, output='TSV', parameters=()):
        def texts(items):
            items = [item.encode() for item in items]
            return ((ctypes.c_char_p * len(items))(*items), (ctypes.c_size_t * len(items))(*map(len, items)))
        names, values = texts([name for name, _ in parameters]), texts([value for _, value in parameters])
        result = self.library.chdb_query_with_params_n(
            connection[0], sql, len(sql), output.encode(), len(output), *names, *values, len(parameters))
        error = self.library.chdb_result_error(result)
        size = self.library.chdb_result_length(result)
        body = ctypes.string_at(self.library.chdb_result_buffer(result), size) if size and not error else b''
        self.library.chdb_destroy_query_result(result)
        return error, body

    def answer(self, parameters, sql):
        """The whole of one request: settings by SET, which is checked like those of a URL."""
        connection = self.connect()
        settings = [(k, v) for k, v in parameters.items() if k not in FRONT and not k.startswith('param_')]
        # readonly last, as in ClickHouse: the limits of the same request apply first.
        settings.sort(key=lambda setting: setting[0] == 'readonly')
        before = [f"SET {name} = '{value}'".encode() for name, value in settings]
        if 'database' in parameters:
            before.append(f'USE `{parameters["database"]}`'.encode())
        error, body = None, b''
        for statement in before:
            error = error or self.run(connection, statement)[0]
        if not error:
            bound = [(k[6:], v) for k, v in parameters.items() if k.startswith('param_')]
            error, body = self.run(connection, sql, parameters.get('default_format', 'TSV'), bound)
        self.library.chdb_close_conn(connection)
        return error, body


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        self.reply(None, b'Ok.\n')

    def do_POST(self):
        url = urllib.parse.urlsplit(self.path)
        parameters = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        query = parameters.get('query', '').encode()
        with self.server.one_at_a_time:
            answer = self.server.database.answer(parameters, query + b'\n' + body if query else body)
        self.reply(*answer)

    def reply(self, error, body):
        self.send_response(500 if error else 200)
        if error:
            code = re.match(rb'Code: (\d+)', error)
            self.send_header('X-ClickHouse-Exception-Code', code[1].decode() if code else '0')
        self.send_header('Content-Length', str(len(error or body)))
        self.end_headers()
        self.wfile.write(error or body)

    def log_message(self, *_):
        pass


def main():
    library, accounts, account, folder = sys.argv[1:]
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    server.one_at_a_time = threading.Lock()
    server.database = Database(library, folder, users_xml(statements(accounts), account))
    print(server.server_address[1], flush=True)
    server.serve_forever()


main()
