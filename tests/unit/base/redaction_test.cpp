// Credentials in texts of others: what has the form of one goes, everything else stays.
#include "base/redaction.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chimera {
namespace {

TEST(Redaction, TakesOutWhatHasTheFormOfACredential) {
  // Each text holds s3cr3t where a secret stands, and KEEP in what must stay readable.
  const std::vector<std::string> texts = {
      "connecting to KEEP https://ana:s3cr3t@db.example:8443/KEEP failed",
      "postgresql://s3cr3t@KEEP/db",
      "https://ana:s3@cr3t-s3cr3t@KEEP",
      "CREATE USER KEEP IDENTIFIED BY 's3cr3t' HOST ANY",
      "CREATE USER KEEP IDENTIFIED WITH sha256_hash BY 's3cr3t' SALT 's3cr3t'",
      "alter user x identified with plaintext_password by 's3cr3t it''s s3cr3t'",
      "SELECT * FROM s3('https://KEEP/x.csv', 'AKIAs3cr3t', 's3cr3t', 'CSV')",
      "near 'FROM mysql('KEEP:3306', 'd', 't', 'u', 's3cr3t')'",
      "FROM mysql('KEEP:3306', 'd', 't', 'u', 's3cr3t",
      "remoteSecure ( 'KEEP' , 'd.t', 'u', concat('s3cr3t') )",
      "ENGINE = PostgreSQL('KEEP:5432', 'd', 't', 'u', 's3cr3t')",
      "url('https://KEEP', headers('X-KEEP'='s3cr3t', 'Authorization'='Bearer s3cr3t'))",
      "SOURCE(MYSQL(HOST 'KEEP' USER 'u' PASSWORD 's3cr3t'))",
      "SELECT encrypt('aes-256-ecb', 's3cr3t', 's3cr3t') AS KEEP",
      "X-ClickHouse-Key: s3cr3t\nKEEP",
      "X-ClickHouse-User: KEEP, X-ClickHouse-Key=s3cr3t",
      "Authorization: Basic czNjcjN0s3cr3t\r\nKEEP: 1",
      "the header authorization: Bearer s3cr3t.s3cr3t",
      "sent Bearer s3cr3t-of-some-length KEEP",
      "password=s3cr3t&database=KEEP",
      "password = 's3cr3t' KEEP",
      R"({"KEEP": 1, "password": "s3cr3t", "secret_access_key": "s3cr3t"})",
      "SETTINGS kafka_sasl_password = 's3cr3t', KEEP = 1",
      "https://KEEP/b?X-Amz-Credential=s3cr3t&X-Amz-Signature=s3cr3t&x=KEEP",
      "https://KEEP/b?sv=1&sig=s3cr3t",
      "access_key_id=s3cr3t; aws.secret=s3cr3t; KEEP",
      "token chimera_s3cr3tAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA KEEP",
      "KEEP eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJzM2NyM3QifQ.s3cr3tAAAA",
  };
  for (const std::string& text : texts) {
    const std::string clean = Redacted(text);
    EXPECT_EQ(clean.find("s3cr3t"), std::string::npos) << text << "\n→ " << clean;
    if (text.find("KEEP") != std::string::npos) {
      EXPECT_NE(clean.find("KEEP"), std::string::npos) << text << "\n→ " << clean;
    }
    EXPECT_EQ(Redacted(clean), clean) << text;
  }
}

TEST(Redaction, LeavesTheRestAsItIs) {
  const std::vector<std::string> texts = {
      "",
      "Unknown expression identifier `latency_p59_ms` in scope SELECT latency_p59_ms FROM bench_runs.",
      "SELECT tokens_in, tokens_out FROM llm_events WHERE tokens_total = 512 AND model = 'llama3.1:8b'",
      "reader: Authentication failed: password is incorrect, or there is no user with such name",
      "Unexpected token: FROM",
      "check CH_USERNAME and CH_PASSWORD",
      "cannot be identified 'x'",
      "https://db.example:8443/clickhouse?database=a@b",
      "set CH_HOST to db.example, then Basic settings",
      "WHERE user_id = 'a' AND name IN ('b', 'c')",
  };
  for (const std::string& text : texts) {
    EXPECT_EQ(Redacted(text), text);
  }
}

}  // namespace
}  // namespace chimera
