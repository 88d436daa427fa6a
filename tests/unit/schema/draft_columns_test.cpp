#include "schema/draft_columns.h"

#include <gtest/gtest.h>

namespace chimera::schema {
namespace {

TEST(LooksPersonal, KnowsWhatBelongsToAPersonOrOpensADoor) {
  for (const char* name : {"email",      "e_mail_hash", "user",       "user_id",      "userName",
                           "username",   "name",        "first_name", "lastname",     "customer_segment",
                           "session_id", "api_key",     "token",      "access_token", "password_hash",
                           "phone",      "client_ip",   "ipAddress",  "birthday",     "account",
                           "login_at",   "person"}) {
    EXPECT_TRUE(LooksPersonal(name)) << name;
  }
}

TEST(LooksPersonal, LeavesTheRest) {
  for (const char* name :
       {"model_name", "modelName", "hostname", "token_count", "tokens_in", "key_size", "keyboard", "monkeys",
        "active_users", "shipped", "tip", "zip", "status", "rename", "filename", "accounting_period", "co2_ppm"}) {
    EXPECT_FALSE(LooksPersonal(name)) << name;
  }
}

}  // namespace
}  // namespace chimera::schema
