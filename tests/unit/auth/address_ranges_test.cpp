#include "auth/address_ranges.h"

#include <gtest/gtest.h>

namespace chimera::auth {
namespace {

AddressRanges Of(const std::vector<std::string>& texts) {
  auto ranges = AddressRanges::Parse(texts);
  EXPECT_TRUE(ranges.ok()) << ranges.error().message;
  return ranges.ok() ? *ranges : AddressRanges();
}

TEST(AddressRanges, TakeBothFamilies) {
  const auto ranges = Of({"10.0.0.0/8", "192.0.2.7", "2001:db8::/33", "::1", "172.16.0.0/12"});
  for (const char* inside : {"10.0.0.0", "10.255.255.255", "192.0.2.7", "2001:db8::1", "2001:db8:7fff::", "::1",
                             "172.31.255.255", "::ffff:10.1.2.3", "2001:db8::1%eth0"}) {
    EXPECT_TRUE(ranges.Contain(inside)) << inside;
  }
  for (const char* outside : {"11.0.0.0", "9.255.255.255", "192.0.2.8", "2001:db8:8000::", "::2", "172.32.0.0",
                              "::ffff:11.1.2.3", "::10.1.2.3", "", "localhost", "10.1.2", "10.1.2.3 "}) {
    EXPECT_FALSE(ranges.Contain(outside)) << outside;
  }
  EXPECT_TRUE(Of({"0.0.0.0/0"}).Contain("203.0.113.9"));
  EXPECT_FALSE(Of({"0.0.0.0/0"}).Contain("2001:db8::1")) << "everything of IPv4 is nothing of IPv6";
  EXPECT_TRUE(Of({"::/0"}).Contain("203.0.113.9"));
  EXPECT_TRUE(Of({}).Empty());
}

TEST(AddressRanges, RefuseWhatIsNone) {
  for (const char* text : {"10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x", "10.0.0.1/8", "2001:db8::/129",
                           "2001:db8::1/32", "10.0/8", "db.example", "/8"}) {
    const auto ranges = AddressRanges::Parse({"127.0.0.1", text});
    ASSERT_FALSE(ranges.ok()) << text;
    EXPECT_NE(ranges.error().message.find(text), std::string::npos) << ranges.error().message;
  }
}

}  // namespace
}  // namespace chimera::auth
