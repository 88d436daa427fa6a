// Who is let through by TLS, who is not, and what the caller is told.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "clickhouse/errors.h"
#include "clickhouse/probe.h"
#include "wire/calls.h"
#include "wire/certificates.h"
#include "wire/tls_peer.h"

namespace chimera::clickhouse {
namespace {

using namespace std::chrono_literals;
using chimera::testing::Answer;
using chimera::testing::Authority;
using chimera::testing::Call;
using chimera::testing::Certificate;
using chimera::testing::Has;
using chimera::testing::IsWhole;
using chimera::testing::Send;
using chimera::testing::TlsPeer;
using chimera::testing::TlsPeerOptions;
using chimera::testing::Within;
using chimera::testing::WriteFile;

class Tls : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    authority_ = new Authority;
    certificate_ = authority_->Sign();
  }
  static void TearDownTestSuite() {
    delete authority_;
    authority_ = nullptr;
  }

  static Endpoint At(int port, const std::string& host = "127.0.0.1") {
    Endpoint endpoint{"", host, port, true};
    endpoint.tls.ca_file = authority_->File();
    return endpoint;
  }

  /// How a connection to a peer with `options` ends, as the caller reads it.
  static Error Refusal(const TlsPeerOptions& options, TlsOptions tls = {.ca_file = authority_->File()},
                       Failure expected = Failure::kNone) {
    TlsPeer peer(options);
    Endpoint endpoint = At(peer.Port());
    endpoint.tls = std::move(tls);
    Connection connection(endpoint);
    Answer answer = Send(connection);
    EXPECT_EQ(answer.exchange.outcome, Outcome::kFailed);
    EXPECT_EQ(answer.exchange.failure, expected) << answer.exchange.detail;
    EXPECT_TRUE(peer.Requests().empty());
    return NetworkError(endpoint, answer.exchange);
  }

  static Authority* authority_;
  static Certificate certificate_;
};

Authority* Tls::authority_ = nullptr;
Certificate Tls::certificate_;

void ExpectWords(const Error& error, const std::string& message, const std::string& hint) {
  EXPECT_TRUE(Has(error.message, message)) << error.message;
  EXPECT_TRUE(Has(error.hint, hint)) << error.hint;
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
}

TEST_F(Tls, ATrustedPeerIsAskedOverOneConnection) {
  TlsPeer peer({.certificate = certificate_});
  Connection connection(At(peer.Port(), "localhost"));
  EXPECT_TRUE(connection.IsStale());
  for (int i = 0; i < 100; ++i) {
    Answer answer = Send(connection);
    ASSERT_TRUE(IsWhole(answer)) << answer.exchange.detail;
    EXPECT_EQ(answer.text, "Ok.\n");
    EXPECT_FALSE(connection.IsStale());
  }
  EXPECT_EQ(peer.Connections(), 1);
  EXPECT_EQ(peer.Names().at(0), "localhost");
}

TEST_F(Tls, AnAddressIsExpectedInTheCertificateAndNotSentAsAName) {
  TlsPeer peer({.certificate = certificate_});
  Connection connection(At(peer.Port()));
  EXPECT_TRUE(IsWhole(Send(connection)));
  EXPECT_EQ(peer.Names().at(0), "");
}

TEST_F(Tls, AnExpiredCertificateIsRefused) {
  auto old = authority_->Sign({.begin = "20200101000000Z", .end = "20210203040506Z"});
  ExpectWords(Refusal({.certificate = old}, {.ca_file = authority_->File()}, Failure::kTlsExpired),
              "has expired: `db.test` ended on 2021-02-03T04:05:06Z", "renew it");
}

TEST_F(Tls, ACertificateOfTheFutureIsRefused) {
  auto early = authority_->Sign({.begin = "20480101000000Z", .end = "20490101000000Z"});
  ExpectWords(Refusal({.certificate = early}, {.ca_file = authority_->File()}, Failure::kTlsNotYetValid),
              "begins on 2048-01-01", "clocks");
}

TEST_F(Tls, ASelfSignedCertificateIsRefusedAndTrustedByName) {
  Authority lonely("Lonely");
  Certificate own{lonely.File(), lonely.Folder() + "/ca.key"};
  ExpectWords(Refusal({.certificate = own}, {}, Failure::kTlsSelfSigned), "self-signed (`Lonely`)", "CH_CA_FILE");
  TlsPeer peer({.certificate = own});
  Endpoint endpoint = At(peer.Port());
  endpoint.tls = {.ca_file = lonely.File(), .server_name = "Lonely"};
  Connection connection(endpoint);
  EXPECT_TRUE(IsWhole(Send(connection)));
}

TEST_F(Tls, AnUnknownAuthorityIsRefused) {
  ExpectWords(Refusal({.certificate = certificate_}, {}, Failure::kTlsUnknownAuthority), "signed by `Test Authority`",
              "CH_CA_FILE");
}

TEST_F(Tls, AChangedAuthorityIsRefusedEvenWhenItsNameIsTheSame) {
  Authority renewed;  // of the same name, with another key
  ExpectWords(Refusal({.certificate = renewed.Sign()}, {.ca_file = authority_->File()}, Failure::kTlsUnknownAuthority),
              "signed by `Test Authority`", "the CA file " + authority_->File() + " does not have it");
}

TEST_F(Tls, AnotherHostsCertificateIsRefused) {
  auto other = authority_->Sign({.names = "DNS:other.test,DNS:*.more.test,IP:192.0.2.1"});
  ExpectWords(Refusal({.certificate = other}, {.ca_file = authority_->File()}, Failure::kTlsWrongName),
              "is for `other.test, *.more.test, 192.0.2.1`, not for `127.0.0.1`", "CH_SERVER_NAME");
}

TEST_F(Tls, TheServerNameIsSentAndExpectedInsteadOfTheHost) {
  auto other = authority_->Sign({.names = "DNS:other.test"});
  TlsPeer peer({.certificate = other});
  Endpoint endpoint = At(peer.Port());
  endpoint.tls.server_name = "other.test";
  Connection connection(endpoint);
  ASSERT_TRUE(IsWhole(Send(connection)));
  EXPECT_EQ(peer.Names().at(0), "other.test");
  EXPECT_TRUE(Has(peer.Requests().at(0), "\r\nHost: 127.0.0.1:" + std::to_string(peer.Port()) + "\r\n"));
  ExpectWords(Refusal({.certificate = certificate_}, {.ca_file = authority_->File(), .server_name = "stranger.test"},
                      Failure::kTlsWrongName),
              "not for `stranger.test`", "CH_SERVER_NAME");
}

TEST_F(Tls, OldVersionsAreRefused) {
  ExpectWords(Refusal({.certificate = certificate_, .max_version = TLS1_1_VERSION, .min_version = TLS1_VERSION},
                      {.ca_file = authority_->File()}, Failure::kTlsVersion),
              "no common TLS version", "TLS 1.2");
  ExpectWords(Refusal({.certificate = certificate_, .max_version = TLS1_2_VERSION},
                      {.ca_file = authority_->File(), .min_version = TlsVersion::k13}, Failure::kTlsVersion),
              "no common TLS version", "CH_TLS_MIN_VERSION=1.2");
  TlsPeer peer({.certificate = certificate_, .max_version = TLS1_2_VERSION});
  Connection connection(At(peer.Port()));
  EXPECT_TRUE(IsWhole(Send(connection)));
}

TEST_F(Tls, AMissingClientCertificateIsExplainedInEveryVersion) {
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {  // TLS 1.3 says so with the first bytes of the reply
    TlsPeerOptions demanding{
        .certificate = certificate_, .client_authority = authority_->File(), .max_version = version};
    ExpectWords(Refusal(demanding, {.ca_file = authority_->File()}, Failure::kTlsClientCertificate),
                "demands a client certificate", "CH_CLIENT_CERT_FILE");
  }
}

TEST_F(Tls, AMissingClientCertificateIsExplainedAfterALongRequest) {
  TlsPeer peer({.certificate = certificate_, .client_authority = authority_->File()});
  Connection connection(At(peer.Port()));
  Answer answer = Send(connection, {.body = std::string(8 * 1024 * 1024, 'x')});
  EXPECT_EQ(answer.exchange.failure, Failure::kTlsClientCertificate) << answer.exchange.detail;
}

TEST_F(Tls, AClientCertificateIsShown) {
  auto ours = authority_->Sign({.common_name = "chimera"});
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsPeer peer({.certificate = certificate_, .client_authority = authority_->File(), .max_version = version});
    Endpoint endpoint = At(peer.Port());
    endpoint.tls.client_cert_file = ours.file;
    endpoint.tls.client_key_file = ours.key;
    Connection connection(endpoint);
    EXPECT_TRUE(IsWhole(Send(connection)));
  }
}

TEST_F(Tls, AClientCertificateThatTheServerDoesNotTrustIsExplained) {
  Authority stranger("Stranger");
  auto ours = stranger.Sign();
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsPeerOptions demanding{
        .certificate = certificate_, .client_authority = authority_->File(), .max_version = version};
    ExpectWords(
        Refusal(demanding, {.ca_file = authority_->File(), .client_cert_file = ours.file, .client_key_file = ours.key},
                Failure::kTlsClientCertificate),
        "does not accept our client certificate", ours.file);
  }
}

TEST_F(Tls, LaterConnectionsResumeTheSession) {
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsPeer peer({.certificate = certificate_, .max_version = version});
    Endpoint endpoint = At(peer.Port());
    for (int i = 0; i < 5; ++i) {
      Connection connection(endpoint);  // copies of an endpoint share its sessions
      ASSERT_TRUE(IsWhole(Send(connection)));
    }
    EXPECT_EQ(peer.Connections(), 5);
    EXPECT_EQ(peer.Resumed(), 4);
  }
}

TEST_F(Tls, ASessionIsNotResumedForAnotherNameOrWithOtherAuthorities) {
  TlsPeer peer({.certificate = certificate_});
  Endpoint endpoint = At(peer.Port());
  Connection first(endpoint);
  ASSERT_TRUE(IsWhole(Send(first)));
  Endpoint renamed = endpoint;
  renamed.tls.server_name = "stranger.test";
  Connection second(renamed);
  EXPECT_EQ(Send(second).exchange.failure, Failure::kTlsWrongName);
  Authority other;
  Endpoint distrusting = endpoint;
  distrusting.tls.ca_file = other.File();
  Connection third(distrusting);
  EXPECT_EQ(Send(third).exchange.failure, Failure::kTlsUnknownAuthority);
  EXPECT_EQ(peer.Resumed(), 0);
}

TEST_F(Tls, AConnectionThatWasCutDoesNotSpoilTheSession) {
  TlsPeer peer({.certificate = certificate_, .reply = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nOk.\n"});
  Endpoint endpoint = At(peer.Port());
  for (int i = 0; i < 2; ++i) {
    Connection connection(endpoint);
    EXPECT_EQ(Send(connection, {.context = Within(300ms)}).exchange.outcome, Outcome::kExpired);
  }
  EXPECT_EQ(peer.Resumed(), 1);
}

TEST_F(Tls, RenewedFilesAreUsedByTheNextConnection) {
  const std::string file = authority_->Folder() + "/renewed.pem";
  Authority before;
  std::filesystem::copy_file(before.File(), file, std::filesystem::copy_options::overwrite_existing);
  TlsPeer peer({.certificate = certificate_});
  Endpoint endpoint = At(peer.Port());
  endpoint.tls.ca_file = file;
  Connection connection(endpoint);
  EXPECT_EQ(Send(connection).exchange.failure, Failure::kTlsUnknownAuthority);
  std::filesystem::remove(file);
  Answer missing = Send(connection);
  EXPECT_EQ(missing.exchange.failure, Failure::kTlsFiles);
  EXPECT_TRUE(Has(NetworkError(endpoint, missing.exchange).message, file));
  std::filesystem::copy_file(authority_->File(), file);
  EXPECT_TRUE(IsWhole(Send(connection)));
}

TEST_F(Tls, APeerThatClosedIsSeen) {
  TlsPeer peer({.certificate = certificate_, .close_after_reply = true});
  Connection connection(At(peer.Port()));
  ASSERT_TRUE(IsWhole(Send(connection)));
  auto end = Deadline::After(10s);
  while (!connection.IsStale() && !end.Expired()) std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(connection.IsStale());
}

TEST_F(Tls, AClosedConnectionCostsOneFailureAndNothingIsSentTwice) {
  const auto before = signal(SIGPIPE, SIG_DFL);  // the connection must not need it ignored
  TlsPeer peer({.certificate = certificate_, .close_after_reply = true});
  Connection connection(At(peer.Port()));
  size_t answered = 0;
  for (int i = 0; i < 20; ++i) {  // nobody looks whether it is stale
    Answer answer = Send(connection, {.body = std::string(100000, 'x')});
    answered += IsWhole(answer) ? 1 : 0;
    EXPECT_TRUE(IsWhole(answer) || answer.exchange.failure == Failure::kBroken) << answer.exchange.detail;
  }
  EXPECT_EQ(peer.Requests().size(), answered);
  EXPECT_GE(answered, 10u);
  signal(SIGPIPE, before);
}

TEST_F(Tls, APeerThatExpectsItIsNamedToAPlainCaller) {
  TlsPeer peer({.certificate = certificate_});
  Endpoint endpoint{"", "127.0.0.1", peer.Port(), false};
  Connection connection(endpoint);
  Answer answer = Send(connection);
  EXPECT_EQ(answer.exchange.failure, Failure::kTlsExpected);
  ExpectWords(NetworkError(endpoint, answer.exchange), "expects TLS", "CH_SECURE=true");
}

TEST_F(Tls, AReplyThatEndsEarlyIsNotWhole) {
  TlsPeer peer({.certificate = certificate_,
                .reply = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nOk.\n",
                .close_after_reply = true});
  Connection connection(At(peer.Port()));
  Answer answer = Send(connection);
  EXPECT_EQ(answer.exchange.outcome, Outcome::kFailed);
  EXPECT_EQ(answer.exchange.failure, Failure::kBroken);
  EXPECT_TRUE(answer.exchange.sent);
}

TEST_F(Tls, TheProbeTellsVersionCipherAndEnd) {
  TlsPeer peer({.certificate = certificate_});
  HttpOptions options;
  options.hosts = {{"localhost", peer.Port()}};
  options.secure = true;
  options.tls.ca_file = authority_->File();
  auto report = Probe(Within(10s), options, 0);
  EXPECT_FALSE(report.error) << report.error->message;
  EXPECT_TRUE(report.dns_ms && report.tcp_ms && report.tls_ms && report.ping_ms);
  EXPECT_FALSE(report.addresses.empty());
  ASSERT_TRUE(report.tls);
  EXPECT_EQ(report.tls->version, "TLSv1.3");
  EXPECT_FALSE(report.tls->cipher.empty());
  EXPECT_EQ(report.tls->subject, "CN=db.test");
  EXPECT_EQ(report.tls->issuer, "CN=Test Authority");
  EXPECT_EQ(report.tls->not_after, "2049-01-01T00:00:00Z");
  EXPECT_GT(report.tls->days_left, 1000);
  EXPECT_TRUE(Has(peer.Requests().at(0), "GET /ping HTTP/1.1"));
}

TEST_F(Tls, TheProbeStopsAtTheCertificateAndShowsIt) {
  TlsPeer peer({.certificate = authority_->Sign({.end = "20210203040506Z"})});
  HttpOptions options;
  options.hosts = {{"127.0.0.1", peer.Port()}};
  options.secure = true;
  options.tls.ca_file = authority_->File();
  auto report = Probe(Within(10s), options, 0);
  ASSERT_TRUE(report.error);
  EXPECT_TRUE(Has(report.error->message, "has expired"));
  EXPECT_TRUE(report.tcp_ms);
  EXPECT_FALSE(report.tls_ms || report.ping_ms);
  ASSERT_TRUE(report.tls);
  EXPECT_LT(report.tls->days_left, 0);
}

class TlsFiles : public Tls {
 protected:
  static void ExpectRefused(const TlsOptions& options, const std::string& file, const std::string& why) {
    auto checked = CheckTls(options);
    ASSERT_FALSE(checked) << why;
    EXPECT_EQ(checked.error().code, ErrorCode::kInvalidArgument);
    EXPECT_TRUE(Has(checked.error().message, file)) << checked.error().message;
    EXPECT_TRUE(Has(checked.error().message, why)) << checked.error().message;
    EXPECT_FALSE(checked.error().hint.empty());
  }

  static std::string File(const std::string& name, const std::string& text) {
    std::string path = authority_->Folder() + "/" + name;
    WriteFile(path, text);
    return path;
  }
};

TEST_F(TlsFiles, ThatCanBeUsedAreAccepted) {
  EXPECT_TRUE(CheckTls({}));
  EXPECT_TRUE(CheckTls(
      {.ca_file = authority_->File(), .client_cert_file = certificate_.file, .client_key_file = certificate_.key}));
}

TEST_F(TlsFiles, ThatAreMissingOrNoFilesAreNamed) {
  ExpectRefused({.ca_file = "/nowhere/ca.pem"}, "/nowhere/ca.pem", "No such file");
  ExpectRefused({.client_cert_file = "/nowhere/c.pem"}, "/nowhere/c.pem", "No such file");
  ExpectRefused({.client_cert_file = certificate_.file, .client_key_file = "/nowhere/k"}, "/nowhere/k", "No such file");
  ExpectRefused({.client_key_file = certificate_.key}, certificate_.key, "without a certificate");
  ExpectRefused({.ca_file = "/"}, "/", "not a file");
}

TEST_F(TlsFiles, ThatCannotBeReadAreNamed) {
  if (geteuid() == 0) GTEST_SKIP() << "root reads every file";
  std::string file = File("locked.pem", "x");
  chmod(file.c_str(), 0);
  ExpectRefused({.ca_file = file}, file, "Permission denied");
}

TEST_F(TlsFiles, ThatHoldSomethingElseAreNamedAndNotShown) {
  std::string junk = File("junk.pem", "hunter22\n");
  ExpectRefused({.ca_file = junk}, junk, "no certificate");
  ExpectRefused({.client_cert_file = junk}, junk, "no certificate");
  ExpectRefused({.client_cert_file = certificate_.file, .client_key_file = junk}, junk, "no private key");
  ExpectRefused({.client_cert_file = certificate_.file}, certificate_.file, "no private key");
  ExpectRefused({.ca_file = certificate_.key}, certificate_.key, "no certificate");
  auto checked = CheckTls({.client_cert_file = certificate_.file, .client_key_file = junk});
  EXPECT_FALSE(Has(checked.error().message + checked.error().hint, "hunter22"));
}

TEST_F(TlsFiles, ThatDoNotBelongTogetherAreNamed) {
  auto other = authority_->Sign();
  ExpectRefused({.client_cert_file = certificate_.file, .client_key_file = other.key}, other.key, "does not belong");
}

TEST_F(TlsFiles, AKeyBehindAPassphraseIsRefusedWithoutAsking) {
  std::string locked = authority_->Folder() + "/passphrase.key";
  chimera::testing::Shell("openssl pkey -aes256 -passout pass:hunter22 -in " + certificate_.key + " -out " + locked);
  ExpectRefused({.client_cert_file = certificate_.file, .client_key_file = locked}, locked, "passphrase");
}

}  // namespace
}  // namespace chimera::clickhouse
