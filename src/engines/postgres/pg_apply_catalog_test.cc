#include "engines/postgres/pg_apply_catalog.h"

#include <gtest/gtest.h>

namespace dbstow::postgres {
namespace {

TEST(Settings, ThatAreListsOfNamesStaySo) {
  EXPECT_EQ(NamesInList("\"$user\", \"Odd \"\"a\"\", b\", Shop"),
            (std::vector<std::string>{"$user", "Odd \"a\", b", "shop"}));
  EXPECT_EQ(NamesInList("\"\""), std::vector<std::string>{""});
  EXPECT_EQ(SettingValue("search_path", "a, \"B c\""), "'a', 'B c'");
  EXPECT_EQ(SettingValue("work_mem", "a, \"B c\""), "'a, \"B c\"'");
}

}  // namespace
}  // namespace dbstow::postgres
