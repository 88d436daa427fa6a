// Protected columns on the real engine: what is stored, what is shown, and that no other use of SQL gets at the values.
import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Sandbox } from './support/product.mjs';

const RULES = { chimera_metrics: { 'ui_events.user_agent': 'hash', 'llm_events.error_msg': { policy: 'mask', results: 'protected' } } };
const EVENT = {
  session_id: 'b701af3b-1e66-4a17-8122-59ce95d53e19', commit_sha: 'a'.repeat(40), event_type: 'query_submit', latency_ms: 5,
};

let sandbox;
let open; // a server without the operator's rules: what is really stored
let closed;
before(async () => {
  sandbox = await Sandbox.create();
  await sandbox.loadDemo(); // its user agents are raw
  open = await sandbox.serve();
  closed = await sandbox.serve({ env: { CHIMERA_PRIVACY: JSON.stringify(RULES) } });
});
after(() => sandbox.close());

const query = async (client, sql) => (await client.call('query', { sql, max_rows: 100 }));
const rows = async (client, sql) => {
  const { isError, structuredContent, content } = await query(client, sql);
  assert.ok(!isError, `${sql}: ${content[0].text}`);
  return structuredContent.rows;
};

test('without rules of the operator, e-mail addresses in metadata are masked when they are stored', async () => {
  const metadata = { from: 'ana.b@example.org', note: 'line\nben@example.org', game: 'rpg' };
  const { structuredContent } = await open.call('insert.ui_events', { data: { ...EVENT, event_type: 'mail', metadata } });
  assert.match(structuredContent.notes.join(), /`metadata` of 1 row is stored masked where it looks like email \(privacy\)/);
  const [[stored]] = await rows(open, "SELECT metadata FROM ui_events WHERE event_type = 'mail'");
  assert.deepEqual(JSON.parse(stored), { from: '<email>', note: 'line\n<email>', game: 'rpg' });
});

test('a hashed column is stored with the key of the data folder, the same for equal values', async () => {
  const event = (event_type, user_agent) => ({ ...EVENT, event_type, user_agent });
  const data = [event('h1', 'Agent/1'), event('h2', 'Agent/1'), event('h3', 'Agent/2')];
  const first = await closed.call('insert.ui_events', { rows: data.map((row) => ({ ...row, ts: '2026-01-05T10:00:00Z' })) });
  assert.match(first.structuredContent.notes.join(), /`user_agent` of 3 rows is stored as a keyed hash/);
  const again = await closed.call('insert.ui_events', { rows: data.map((row) => ({ ...row, ts: '2026-01-05T10:00:00Z' })) });
  assert.equal(again.structuredContent.batch_token, first.structuredContent.batch_token);
  const stored = await rows(open, "SELECT event_type, user_agent FROM ui_events WHERE event_type LIKE 'h_' ORDER BY 1");
  assert.equal(stored.length, 3, 'a repeat is stored once');
  for (const [, agent] of stored) assert.match(agent, /^hmac:[0-9a-f]{32}$/);
  assert.equal(stored[0][1], stored[1][1]);
  assert.notEqual(stored[0][1], stored[2][1]);
  const file = join(sandbox.dataDir, 'privacy.key');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.ok((await readFile(file, 'utf8')).trim().length >= 64);
});

test('a keyed insert finds its own rows, though others are stored than were sent', async () => {
  const call = () => closed.call('insert.ui_events', { idempotency_key: 'k-1', data: { ...EVENT, ts: '2026-01-06T10:00:00Z', event_type: 'keyed', user_agent: 'Agent/9' } });
  for (const answer of [await call(), await call()]) assert.ok(!answer.isError, answer.content[0].text);
});

// The raw user agents that the sample data has, and everything that answers.
async function leaks(sql) {
  const answer = await query(closed, sql);
  return { refused: answer.isError, text: JSON.stringify(answer), leaked: /Banterpacks\/1/.test(JSON.stringify(answer)) };
}

test('reads show the hash where the column passes through, and refuse all else', async () => {
  assert.match(JSON.stringify(await rows(open, 'SELECT user_agent FROM ui_events')), /Banterpacks\/1/, 'raw values are there');
  const shown = [
    'SELECT user_agent FROM ui_events', 'SELECT * FROM ui_events', 'SELECT e.*, 1 FROM ui_events AS e',
    'SELECT user_agent, count() FROM ui_events GROUP BY user_agent', 'SELECT DISTINCT user_agent FROM ui_events',
    'SELECT a.user_agent, b.user_agent FROM ui_events a JOIN ui_events b ON a.session_id = b.session_id LIMIT 3',
    'SELECT * FROM ui_events a JOIN ui_events b USING (session_id) LIMIT 3', 'WITH 1 AS x SELECT user_agent, x FROM ui_events',
    'SELECT user_agent FROM ui_events ORDER BY ALL', 'SELECT user_agent FROM ui_events GROUP BY ALL', 'SELECT user_agent FROM ui_events GROUP BY user_agent WITH TOTALS',
    'SELECT * FROM ui_events ARRAY JOIN [1] AS x', 'SELECT * FROM ui_events FINAL', 'SELECT * FROM ui_events NATURAL JOIN ui_events AS b',
    'SELECT ui_events.user_agent FROM ui_events', 'SELECT chimera_metrics.ui_events.user_agent FROM chimera_metrics.ui_events',
    'SELECT user_agent FROM merge(\'^ui_events$\')', 'SELECT * FROM merge(\'^ui_events$\')',
  ];
  for (const sql of shown) {
    const { refused, leaked, text } = await leaks(sql);
    assert.ok(!leaked, `${sql}: ${text}`);
    assert.ok(refused || /hmac:/.test(text), `${sql}: ${text}`);
  }
  const hidden = [
    'SELECT user_agent AS x FROM ui_events', 'SELECT upper(user_agent) FROM ui_events', 'SELECT tuple(*) FROM ui_events',
    'SELECT x FROM (SELECT user_agent AS x FROM ui_events)', 'SELECT f FROM (SELECT * FROM ui_events) AS t(a, b, c, d, e, f, g, h)',
    "SELECT '1', '2', '3', '4', 5, '6', '7', 8 UNION ALL SELECT * FROM ui_events", 'SELECT * APPLY(toString) FROM ui_events',
    "SELECT * LIKE '%agent' FROM ui_events", "SELECT COLUMNS('agent') FROM ui_events", 'SELECT TOP 1 * FROM ui_events',
    "SELECT count() FROM ui_events WHERE user_agent LIKE 'Banter%'", 'SELECT any(user_agent) FROM ui_events',
    'SELECT max(error_msg) FROM llm_events', "SELECT user_agent || '' FROM ui_events",
  ];
  for (const sql of hidden) {
    const { refused, leaked, text } = await leaks(sql);
    assert.ok(refused && !leaked && /privacy/.test(text), `${sql}: ${text}`);
  }
});

test('typed tools refuse to group or filter by it, and other columns are as they were', async () => {
  const grouped = await closed.call('query.aggregate', { table: 'ui_events', metrics: [{ function: 'count' }], group_by: ['user_agent'] });
  assert.match(grouped.content[0].text, /protected \(privacy\)/);
  assert.equal(JSON.stringify(await rows(closed, 'SELECT uniq(user_agent) > 0, count(*) > 0, sum(latency_ms * 2) > 0 FROM ui_events')), '[[1,1,1]]');
  assert.deepEqual(await rows(closed, 'SELECT * EXCEPT (user_agent, metadata, error_msg, ts, run_id) FROM llm_events LIMIT 0'), []);
});

test('rules that do not hold stop the start, naming file and key', async () => {
  const file = join(sandbox.folder, 'rules.json');
  await writeFile(file, JSON.stringify({ chimera_metrics: { 'ui_events.useragent': 'hash' } }));
  const { code, stderr } = await sandbox.run(['call', 'query', 'sql=SELECT 1'], { env: { CHIMERA_PRIVACY: file } });
  assert.equal(code, 1);
  assert.match(stderr, /rules\.json: chimera_metrics\.ui_events\.useragent: the table has no such column/);
  assert.match(stderr, /did you mean `user_agent`/);
  const remote = await sandbox.run(['call', 'query', 'sql=SELECT 1'], { env: { CHIMERA_PRIVACY: JSON.stringify(RULES), CH_HOST: '127.0.0.1' } });
  assert.match(remote.stderr, /CHIMERA_PRIVACY_KEY_FILE/);
});
