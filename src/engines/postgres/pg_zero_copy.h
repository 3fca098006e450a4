#pragma once

#include <string>

#include "engines/postgres/pg_session.h"
#include "io/file_system.h"

namespace dbstow::postgres {

/// What decides whether CREATE DATABASE … STRATEGY = file_copy shares blocks with its template.
struct ZeroCopyFacts {
  int server_version = 0;
  std::string file_copy_method;  ///< empty before version 18
  std::string folder;            ///< of the database's files; empty when the role may not know
  bool server_is_here = false;   ///< on this machine, as far as addresses tell
};

/// Of the session's database. Errors: the server's.
[[nodiscard]] Result<ZeroCopyFacts> ReadZeroCopyFacts(PgSession& session);

struct ZeroCopyVerdict {
  /// kUnknown: the server tries, and whether it shares or copies cannot be seen from here.
  enum class Shares { kNo, kUnknown, kYes };
  Shares shares = Shares::kNo;
  std::string reason;  ///< why not, or why it is unknown; empty for kYes
  std::string remedy;  ///< what would change it
};

/// On Linux the server's method `clone` is copy_file_range(2), which copies inside the kernel where
/// the file system cannot share blocks, and does not say so. So the file system is looked at.
[[nodiscard]] ZeroCopyVerdict JudgeZeroCopy(const ZeroCopyFacts& facts, io::FileSystem& files);

}  // namespace dbstow::postgres
