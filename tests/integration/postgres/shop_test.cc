#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/pg_compare.h"
#include "support/postgres_server.h"

namespace dbstow::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// The oracle itself: it must see every kind of change, and call a faithful copy equal.
TEST(Shop, ComparisonSeesEveryKindOfChange) {
  DBSTOW_POSTGRES_OR_SKIP(server);
  const auto created = CreateShop(server, "shop", "0.002");
  ASSERT_TRUE(created) << created.error().ToString();
  ASSERT_TRUE(server.Query("postgres", "CREATE DATABASE copy TEMPLATE shop"));
  const auto before = CaptureImage(server, "shop");
  ASSERT_TRUE(before) << before.error().ToString();
  EXPECT_GT(before->rows, 1000u);
  EXPECT_GT(before->schema.size(), 200u);
  EXPECT_EQ(before->large_objects.size(), 9u);
  const auto copied = CaptureImage(server, "copy");
  ASSERT_TRUE(copied) << copied.error().ToString();
  EXPECT_THAT(CompareImages(*before, *copied), IsEmpty());
  EXPECT_THAT(CompareDatabaseFacts(*before, *copied), Contains(HasSubstr("comment")));

  for (const char* change :
       {"UPDATE shop.odd_values SET t = 'x' WHERE id = 2",
        "INSERT INTO shop.zero_columns DEFAULT VALUES", "SELECT nextval('shop.never_called')",
        "GRANT UPDATE (price) ON shop.products TO shop_app",
        "COMMENT ON INDEX shop.products_search IS 'other'", "SELECT lo_put(800004, 17, 'x')",
        "GRANT SELECT ON LARGE OBJECT 800004 TO shop_app",
        "DROP POLICY no_debts ON shop.customers"}) {
    ASSERT_TRUE(server.Query("copy", change)) << change;
    const auto changed = CaptureImage(server, "copy");
    ASSERT_TRUE(changed) << changed.error().ToString();
    EXPECT_THAT(CompareImages(*copied, *changed), SizeIs(::testing::Ge(1u))) << change;
    ASSERT_TRUE(server.Query("postgres", "DROP DATABASE copy; "));
    ASSERT_TRUE(server.Query("postgres", "CREATE DATABASE copy TEMPLATE shop"));
  }
}

TEST(Shop, IsTheSameEveryTime) {
  DBSTOW_POSTGRES_OR_SKIP(server);
  ASSERT_TRUE(CreateShop(server, "one", "0.002"));
  ASSERT_TRUE(CreateShop(server, "two", "0.002"));
  const auto one = CaptureImage(server, "one");
  const auto two = CaptureImage(server, "two");
  ASSERT_TRUE(one && two);
  EXPECT_THAT(CompareImages(*one, *two), IsEmpty());
}

}  // namespace
}  // namespace dbstow::test
