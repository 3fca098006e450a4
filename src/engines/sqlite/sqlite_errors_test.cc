#include "engines/sqlite/sqlite_errors.h"

#include <errno.h>
#include <gmock/gmock.h>
#include <sqlite3.h>

namespace dbstow::sqlite {
namespace {

using testing::HasSubstr;

struct Case {
  NativeFailure native;
  ErrorCode code;
  Retry retry;
};

TEST(SqliteErrors, EveryKindHasItsCode) {
  const Case cases[] = {
      {{SQLITE_NOTADB}, ErrorCode::kSourceDamaged, Retry::kNever},
      {{SQLITE_CORRUPT}, ErrorCode::kSourceDamaged, Retry::kNever},
      {{SQLITE_CORRUPT_INDEX}, ErrorCode::kSourceDamaged, Retry::kNever},
      {{SQLITE_IOERR_CORRUPTFS}, ErrorCode::kSourceDamaged, Retry::kNever},
      {{SQLITE_BUSY}, ErrorCode::kConflict, Retry::kTransient},
      {{SQLITE_BUSY_RECOVERY}, ErrorCode::kConflict, Retry::kTransient},
      {{SQLITE_LOCKED_SHAREDCACHE}, ErrorCode::kConflict, Retry::kTransient},
      {{SQLITE_PROTOCOL}, ErrorCode::kConflict, Retry::kTransient},
      {{SQLITE_READONLY_DIRECTORY}, ErrorCode::kPermissionDenied, Retry::kNever},
      {{SQLITE_PERM}, ErrorCode::kPermissionDenied, Retry::kNever},
      {{SQLITE_CANTOPEN, "", EACCES}, ErrorCode::kPermissionDenied, Retry::kNever},
      {{SQLITE_CANTOPEN, "", EROFS}, ErrorCode::kPermissionDenied, Retry::kNever},
      {{SQLITE_CANTOPEN, "", EMFILE}, ErrorCode::kIoError, Retry::kNever},
      {{SQLITE_CANTOPEN_ISDIR}, ErrorCode::kInvalidOptions, Retry::kNever},
      {{SQLITE_FULL}, ErrorCode::kOutOfSpace, Retry::kNever},
      {{SQLITE_IOERR_WRITE, "", ENOSPC}, ErrorCode::kOutOfSpace, Retry::kNever},
      {{SQLITE_IOERR_FSYNC, "", EIO}, ErrorCode::kIoError, Retry::kNever},
      {{SQLITE_NOMEM}, ErrorCode::kUnavailable, Retry::kTransient},
      {{SQLITE_IOERR_NOMEM}, ErrorCode::kUnavailable, Retry::kTransient},
      {{SQLITE_INTERRUPT}, ErrorCode::kCancelled, Retry::kNever},
      {{SQLITE_ERROR, "no such module: spellfix1"},
       ErrorCode::kUnsupportedCapability,
       Retry::kNever},
      {{SQLITE_ERROR, "unknown function: f()"}, ErrorCode::kUnsupportedCapability, Retry::kNever},
      {{SQLITE_ERROR, "no query solution"}, ErrorCode::kUnsupportedCapability, Retry::kNever},
      {{SQLITE_ERROR, "near \"selec\": syntax error"}, ErrorCode::kInternal, Retry::kNever},
      {{SQLITE_MISUSE}, ErrorCode::kInternal, Retry::kNever},
  };
  for (const Case& each : cases) {
    const Error error = MapError(each.native, "opening", "/srv/app.db");
    EXPECT_EQ(error.code(), each.code) << each.native.code << " " << error.ToString();
    EXPECT_EQ(error.retry(), each.retry) << each.native.code;
    EXPECT_THAT(error.message(), HasSubstr("/srv/app.db"));
    EXPECT_THAT(error.message(), HasSubstr("opening"));
    ASSERT_TRUE(error.native());
    EXPECT_EQ(error.native()->code, std::to_string(each.native.code));
  }
}

TEST(SqliteErrors, WhatSqliteSaidIsShownWhenNothingBetterIsKnown) {
  const Error error = MapError({SQLITE_ERROR, "no such table: x"}, "reading", "/srv/app.db");
  EXPECT_THAT(error.message(), HasSubstr("no such table: x"));
}

}  // namespace
}  // namespace dbstow::sqlite
