#include "clickhouse/tls_certificate.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/x509v3.h>

#include <cmath>
#include <ctime>
#include <memory>
#include <vector>

#include "base/text.h"
#include "clickhouse/errors.h"

namespace chimera::clickhouse {
namespace {

constexpr size_t kNamesShown = 4;
constexpr size_t kMaxNameBytes = 200;

std::string Text(const X509_NAME* name) {
  std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  // RFC 2253 escapes all that a terminal could misread.
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  auto size = BIO_get_mem_data(out.get(), &data);
  return Shorten({data, static_cast<size_t>(size)}, kMaxNameBytes);
}

time_t ToTime(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? timegm(&parts) : 0;
}

std::string Text(const ASN1_STRING* text) {
  std::string_view bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                         static_cast<size_t>(ASN1_STRING_length(text)));
  std::string shown = Shorten(ReplaceInvalidUtf8(bytes), kMaxNameBytes);
  for (char& c : shown) c = static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  return shown;
}

std::string AddressText(const ASN1_OCTET_STRING* address) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(ASN1_STRING_length(address) == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), text, sizeof(text));
  return text;
}

}  // namespace

std::string ToIso(const ASN1_TIME* time) {
  time_t seconds = ToTime(time);
  std::tm parts{};
  char text[32];
  return {text, std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &parts))};
}

TlsFacts FactsOf(X509* certificate) {
  TlsFacts facts;
  facts.subject = Text(X509_get_subject_name(certificate));
  facts.issuer = Text(X509_get_issuer_name(certificate));
  const ASN1_TIME* end = X509_get0_notAfter(certificate);
  facts.not_after = ToIso(end);
  facts.days_left = static_cast<int64_t>(std::floor(std::difftime(ToTime(end), std::time(nullptr)) / 86400));
  return facts;
}

std::string ShortName(const X509_NAME* name) {
  int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  return at < 0 ? Text(name) : Text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
}

std::string NamesOf(X509* certificate) {
  std::vector<std::string> names;
  std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type == GEN_DNS) names.push_back(Text(name->d.dNSName));
    if (name->type == GEN_IPADD) names.push_back(AddressText(name->d.iPAddress));
  }
  if (names.empty()) return ShortName(X509_get_subject_name(certificate));
  bool more = names.size() > kNamesShown;
  if (more) names.resize(kNamesShown);
  return Join(names, ", ") + (more ? ", …" : "");
}

}  // namespace chimera::clickhouse
