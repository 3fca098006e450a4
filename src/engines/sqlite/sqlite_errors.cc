#include "engines/sqlite/sqlite_errors.h"

#include <errno.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>

namespace dbstow::sqlite {
namespace {

struct Row {
  int native;  // an extended code, or a primary one for all of its kind
  ErrorCode code;
  Retry retry;
  std::string_view why;
  std::string_view hint;
};

constexpr std::string_view kBusyWhy = "another process holds a lock on it";
constexpr std::string_view kBusyHint =
    "wait for the other process (`fuser` names it), or raise the property busy_timeout_ms";
constexpr std::string_view kDamagedHint =
    "see what is left with `sqlite3 FILE .recover`, or restore an earlier backup";

// Extended codes come before the primary code they refine.
constexpr std::array kTable = {
    Row{SQLITE_CANTOPEN_ISDIR, ErrorCode::kInvalidOptions, Retry::kNever, "it is a directory",
        "name the database file"},
    Row{SQLITE_IOERR_CORRUPTFS, ErrorCode::kSourceDamaged, Retry::kNever,
        "the file system is damaged", "check the file system"},
    Row{SQLITE_IOERR_NOMEM, ErrorCode::kUnavailable, Retry::kTransient, "memory ran out", ""},
    Row{SQLITE_NOTADB, ErrorCode::kSourceDamaged, Retry::kNever,
        "it is not an SQLite database, or is encrypted",
        "check the path; encrypted databases (SQLCipher, SEE) cannot be read"},
    Row{SQLITE_CORRUPT, ErrorCode::kSourceDamaged, Retry::kNever, "the database is damaged",
        kDamagedHint},
    Row{SQLITE_BUSY, ErrorCode::kConflict, Retry::kTransient, kBusyWhy, kBusyHint},
    Row{SQLITE_LOCKED, ErrorCode::kConflict, Retry::kTransient, kBusyWhy, kBusyHint},
    Row{SQLITE_PROTOCOL, ErrorCode::kConflict, Retry::kTransient,
        "the locks of its write-ahead log could not be had", kBusyHint},
    Row{SQLITE_READONLY, ErrorCode::kPermissionDenied, Retry::kNever,
        "the file or its folder may not be written",
        "an SQLite reader must be able to write beside the database (-wal, -shm, hot journals)"},
    Row{SQLITE_PERM, ErrorCode::kPermissionDenied, Retry::kNever, "access is denied",
        "run as a user who may read the file"},
    Row{SQLITE_AUTH, ErrorCode::kPermissionDenied, Retry::kNever, "access is denied",
        "run as a user who may read the file"},
    Row{SQLITE_CANTOPEN, ErrorCode::kIoError, Retry::kNever, "it cannot be opened",
        "check that the file and its folder can be read and written"},
    Row{SQLITE_FULL, ErrorCode::kOutOfSpace, Retry::kNever, "the disk is full", "free some space"},
    Row{SQLITE_NOMEM, ErrorCode::kUnavailable, Retry::kTransient, "memory ran out", ""},
    Row{SQLITE_INTERRUPT, ErrorCode::kCancelled, Retry::kNever, "it was interrupted", ""},
    Row{SQLITE_IOERR, ErrorCode::kIoError, Retry::kNever, "the disk or file system failed",
        "look into the system log for disk errors"},
};

// What the operating system said is nearer to the truth than SQLite's code for it.
const Row* FromErrno(int error_number) {
  static constexpr Row kNoSpace{0, ErrorCode::kOutOfSpace, Retry::kNever, "the disk is full",
                                "free some space"};
  static constexpr Row kDenied{0, ErrorCode::kPermissionDenied, Retry::kNever, "access is denied",
                               "run as a user who may read and write it and its folder"};
  switch (error_number) {
    case ENOSPC:
    case EDQUOT: return &kNoSpace;
    case EACCES:
    case EPERM:
    case EROFS: return &kDenied;
    default: return nullptr;
  }
}

// SQLITE_ERROR covers everything from a typing error to a missing extension; only the text tells.
const Row& FromText(std::string_view text) {
  static constexpr Row kMissing{0, ErrorCode::kUnsupportedCapability, Retry::kNever,
                                "it needs an extension that is not loaded here", ""};
  static constexpr Row kOther{0, ErrorCode::kInternal, Retry::kNever, "", ""};
  // "no query solution": a WITHOUT ROWID table whose key has a collation that is not there.
  constexpr std::array<std::string_view, 6> kSigns = {"no such module",    "no such function",
                                                      "no such collation", "unknown tokenizer",
                                                      "unknown function",  "no query solution"};
  const bool missing = std::ranges::any_of(
      kSigns, [&](std::string_view sign) { return text.find(sign) != std::string_view::npos; });
  return missing ? kMissing : kOther;
}

const Row& Find(const NativeFailure& failure) {
  const int primary = failure.code & 0xff;
  if (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN) {
    if (const Row* row = FromErrno(failure.error_number)) return *row;
  }
  const auto row = std::ranges::find_if(kTable, [&](const Row& each) {
    return each.native == failure.code || each.native == primary;
  });
  return row != kTable.end() ? *row : FromText(failure.text);
}

}  // namespace

Error MapError(const NativeFailure& failure, std::string_view doing, std::string_view path) {
  const Row& row = Find(failure);
  std::string message = "'" + std::string(path) + "': " + std::string(doing) + " failed";
  if (!row.why.empty()) message += ": " + std::string(row.why);
  const bool say_text = row.why.empty() || row.code == ErrorCode::kUnsupportedCapability;
  if (say_text && !failure.text.empty()) message += " (" + failure.text + ")";
  return Error(row.code, std::move(message))
      .WithHint(std::string(row.hint))
      .WithRetry(row.retry)
      .WithNative({"sqlite", std::to_string(failure.code), failure.text});
}

}  // namespace dbstow::sqlite
