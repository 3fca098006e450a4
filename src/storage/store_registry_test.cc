#include "storage/store_registry.h"

#include <gtest/gtest.h>

namespace dbstow::storage {
namespace {

TEST(StoreRegistryTest, SaysHowToWriteAFolder) {
  StoreRegistry registry;
  ASSERT_TRUE(registry.Register(
      "file", [](std::string_view) { return Result<std::unique_ptr<ObjectStore>>(nullptr); }));
  EXPECT_TRUE(registry.Open("file:///x"));
  EXPECT_EQ(registry.Open("/srv/b").error().hint(), "write file:///srv/b");
  const auto unknown = registry.Open("fil:///srv/b");
  EXPECT_EQ(unknown.error().code(), ErrorCode::kInvalidOptions);
  EXPECT_NE(unknown.error().hint().find("'file'"), std::string::npos);
  EXPECT_EQ(registry.Register("file", nullptr).error().code(), ErrorCode::kAlreadyExists);
}

TEST(CheckKeyTest, NothingThatCouldLeaveTheStoreIsAKey) {
  for (const char* good : {"repo.json", "keys/0", "i/a%20b/packs/ab=_-."}) {
    EXPECT_TRUE(CheckKey(good)) << good;
  }
  for (const char* bad :
       {"", "/", "/etc/passwd", "a/", "a//b", "..", "a/../b", ".", "a/./b", "a b", "a\\b", "~x"}) {
    EXPECT_EQ(CheckKey(bad).error().code(), ErrorCode::kInvalidOptions) << bad;
  }
  EXPECT_FALSE(CheckKey(std::string_view("a\0b", 3)));
  EXPECT_FALSE(CheckKey(std::string(256, 'a')));
  EXPECT_TRUE(CheckKey(std::string(255, 'a')));
}

}  // namespace
}  // namespace dbstow::storage
