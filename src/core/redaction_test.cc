#include "dbstow/core/redaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbstow/core/options.h"

namespace dbstow {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(WithoutPasswords, MasksWhereverOneMayStand) {
  for (const auto& [text, masked] : std::map<std::string, std::string>{
           {"u:canary@h", "u:***@h"},
           {"no backup 'postgres://u:canary@h/db' is there",
            "no backup 'postgres://u:***@h/db' is there"},
           {"postgres:/u:canary@h", "postgres:***@h"},
           {"--to=s3://k:/can:a@ry@b/x", "--to=s3://k:***@b/x"},
           {"one u:canary@h\ntwo\tv:canary@h ", "one u:***@h\ntwo\tv:***@h "},
           {"u:@h", "u:***@h"},
           {"postgres://h/db?password=canary&secret=env:X",
            "postgres://h/db?password=***&secret=env:X"},
           {"Password=canary", "Password=***"},
       }) {
    EXPECT_EQ(WithoutPasswords(text), masked);
  }
}

TEST(WithoutPasswords, LeavesTheRest) {
  for (const std::string text :
       {"", "x", "postgres://user@host:5432/db?secret=env:NAME", "user@host", "a: b@c",
        "dbstow.toml:3:5: 'x' is unknown", "file:///srv/db", "key=value",
        "postgres://user@[::1]:5432/db", "postgres://h:1,i:2/db"}) {
    EXPECT_EQ(WithoutPasswords(text), text);
  }
}

TEST(Error, HoldsNoPasswordInAnyText) {
  const Error error = Error(ErrorCode::kNotFound, "no u:canary@h")
                          .WithHint("try v:canary@h")
                          .WithNative({"http", "404", "GET s3://w:canary@h"})
                          .WithCause(Error(ErrorCode::kIoError, "x:canary@h"));
  EXPECT_THAT(error.ToString(), Not(HasSubstr("canary")));
  EXPECT_THAT(error.ToString(), HasSubstr("u:***@h"));
}

TEST(RefuseLogin, InEveryPlaceThatIsShownAndKept) {
  const std::string place = "s3://k:canary@b/x";
  EXPECT_FALSE(BackupOptions{.destination = place}.Validate());
  EXPECT_FALSE((RestoreOptions{.source = place, .target_name = "t"}.Validate()));
  EXPECT_FALSE((RestoreOptions{.source = "latest", .target_name = place}.Validate()));
  EXPECT_FALSE(CloneOptions{.target_name = place}.Validate());
  EXPECT_TRUE(BackupOptions{.destination = "s3://b/x@y"}.Validate());
  EXPECT_TRUE((RestoreOptions{.source = "latest", .target_name = "u@h"}.Validate()));
}

}  // namespace
}  // namespace dbstow
