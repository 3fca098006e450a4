#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "engines/sqlite/sqlite_session.h"
#include "io/file_system.h"

namespace dbstow::sqlite {

/// Where a database is and how patient to be with its locks.
struct Source {
  std::string path;
  Duration busy_limit = std::chrono::seconds(10);
};

/// The header of a database file: size, change counter and more.
using FileHead = std::array<std::byte, 100>;

/// One committed state of a live database, held still while it exists: readable through SQL
/// (`session`) and, page by page, from several threads (`Reader`).
///
/// In WAL mode it holds a read mark: writers go on undisturbed, and the log cannot be reused. In a
/// rollback-journal mode it holds a shared lock: writers wait to commit until it is gone.
class Snapshot {
 public:
  /// Reads pages of the snapshot; used by one thread at a time, several at once.
  class Reader {
   public:
    /// `out` is a whole number of pages. Errors: IOError, SourceDamaged, Conflict (cut off).
    [[nodiscard]] Result<void> Read(std::uint64_t first_page, MutableByteView out);

   private:
    friend class Snapshot;
    Reader(const Snapshot& snapshot, std::unique_ptr<Session> session)
        : snapshot_(snapshot), session_(std::move(session)) {}
    const Snapshot& snapshot_;
    std::unique_ptr<Session> session_;
  };

  /// `context` and `files` must outlive the snapshot. Errors: NotFound, SourceDamaged (not a
  /// database), PermissionDenied, Conflict (locked), Cancelled, Timeout.
  [[nodiscard]] static Result<std::unique_ptr<Snapshot>> Pin(const Source& source, int readers,
                                                             io::FileSystem& files,
                                                             const OperationContext& context);

  [[nodiscard]] std::uint32_t page_size() const { return page_size_; }
  [[nodiscard]] std::uint64_t page_count() const { return page_count_; }
  [[nodiscard]] std::uint64_t size() const { return page_count_ * page_size_; }
  [[nodiscard]] const std::string& journal_mode() const { return journal_mode_; }
  [[nodiscard]] Session& session() { return *session_; }
  [[nodiscard]] std::vector<Reader>& readers() { return readers_; }
  /// The pages that are newer in the write-ahead log than in the database file.
  [[nodiscard]] const WalPages& log_pages() const { return log_pages_; }
  /// Looks, when all has been read, whether anybody has cut off or overwritten the file meanwhile:
  /// `cp` and `truncate` heed no locks. Errors: Conflict when so; IOError.
  [[nodiscard]] Result<void> CheckUntouched();
  /// Releases the locks; neither session nor readers may be used afterwards.
  void Release();

 private:
  Snapshot() = default;
  [[nodiscard]] Result<void> Hold();
  [[nodiscard]] Result<WalState> HoldCommit(const Source& source, const OperationContext& context);
  [[nodiscard]] Result<bool> TryHoldCommit(std::optional<WalState>& state);
  [[nodiscard]] Result<void> OpenLog(const WalState& state, io::FileSystem& files,
                                     const OperationContext& context);
  [[nodiscard]] Result<void> CheckUnmoved() const;
  [[nodiscard]] Result<void> NoteFile();
  [[nodiscard]] Error Touched() const;

  io::FileSystem* files_ = nullptr;
  std::uint64_t least_size_ = 0;   // the file does not get shorter while the snapshot is held
  TimePoint modified_{};           // of a file that nobody may write to now; none in WAL mode
  FileHead head_{};                // the database header as the file had it
  std::unique_ptr<io::File> log_;  // open only while pages are taken from it
  WalPages log_pages_;
  std::uint32_t page_size_ = 0;
  std::uint64_t page_count_ = 0;
  std::string journal_mode_;
  std::unique_ptr<Session> session_;
  std::vector<Reader> readers_;
};

/// Errors: NotFound, InvalidOptions (a directory), SourceDamaged (empty, or not a database).
[[nodiscard]] Result<void> CheckDatabaseFile(io::FileSystem& files, const std::string& path);

}  // namespace dbstow::sqlite
