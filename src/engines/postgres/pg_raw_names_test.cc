#include "engines/postgres/pg_raw_names.h"

#include <gtest/gtest.h>

namespace dbstow::postgres {
namespace {

TEST(RawNames, KnowsUtf8) {
  for (const char* good : {"", "plain", "caf\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                           "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
}

TEST(RawNames, KnowsWhatIsNot) {
  for (const char* bad :
       {"caf\xe9", "\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xe2\x82",
        "\xf5\x80\x80\x80", "\xf4\x90\x80\x80", "\xf0\x80\x80\xaf", "\xe2\x28\xa1"}) {
    EXPECT_FALSE(IsUtf8(bad)) << bad;
  }
}

}  // namespace
}  // namespace dbstow::postgres
