#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbstow/core/bytes.h"
#include "dbstow/core/operation_result.h"
#include "dbstow/core/options.h"
#include "dbstow/core/result.h"
#include "dbstow/core/stage_meter.h"

namespace dbstow {

/// One named part of a backup: a file of pages, or a stream of bytes.
struct ItemSpec {
  std::string name;  ///< unique within the backup; the engine's own naming, `/` allowed
  StringMap attributes;
};

struct ItemSummary {
  std::uint64_t bytes_read = 0;    ///< what the engine wrote into the item
  std::uint64_t bytes_stored = 0;  ///< what of it went to packs, after compression
  std::uint64_t bytes_reused = 0;  ///< what of it the parent already held
};

struct ItemInfo {
  enum class Kind { kPages, kStream };
  std::string name;
  Kind kind = Kind::kStream;
  std::uint32_t page_size = 0;  ///< kPages only
  std::uint64_t size = 0;       ///< bytes
  StringMap attributes;
};

/// What a manifest says of a backup, without its item list.
struct BackupRecord {
  std::string id;
  std::string instance;  ///< the chain it belongs to
  std::string engine;
  BackupType type = BackupType::kFull;
  TimePoint started{};
  TimePoint finished{};
  std::optional<TimePoint> retain_until;
  std::string parent_id;  ///< empty for the first of a chain
  std::string server_version;
  std::string tool_version;
  std::string correlation_id;
  std::string server_reference;  ///< set when the bytes are kept by the server, not by us
  ByteCounts bytes;
  StringMap details;  ///< engine facts that a restore needs or a person wants
  std::vector<ContentFingerprint> fingerprints;
  std::vector<std::string> warnings;

  /// False for a backup in a list whose record is damaged: then only `id`, `instance` and a warning
  /// that says why are known.
  [[nodiscard]] bool readable() const { return !engine.empty(); }
};

/// Takes the bytes of one stream item in order. Used by one thread at a time; different sinks may
/// be used at once. Destroying an unfinished sink abandons the item, and its backup cannot commit.
class StreamSink {
 public:
  /// A `Write` of this size after others of this size is taken as it is, without a copy.
  static constexpr std::size_t kPiece = std::size_t{1} << 20;

  virtual ~StreamSink() = default;
  /// Compression and sealing happen in the calling thread. Errors: OutOfSpace, IOError,
  /// Unavailable.
  [[nodiscard]] virtual Result<void> Write(ByteView bytes) = 0;
  [[nodiscard]] virtual Result<ItemSummary> Finish() = 0;
};

/// Takes the pages of one page item. `Write` may be called from several threads at once for
/// disjoint ranges; best in runs of `kPageRun` pages or more starting at multiples of it.
class PageSink {
 public:
  static constexpr std::uint64_t kPageRun = 4096;

  virtual ~PageSink() = default;
  /// `bytes` is a whole number of pages. Writing a page twice is InvalidOptions.
  [[nodiscard]] virtual Result<void> Write(std::uint64_t first_page, ByteView bytes) = 0;
  /// Every page in [0, page_count) must have been written.
  [[nodiscard]] virtual Result<ItemSummary> Finish(std::uint64_t page_count) = 0;
};

/// What is known only at the end of a backup.
struct BackupFacts {
  std::string server_version;
  std::string server_reference;
  StringMap details;
  std::vector<ContentFingerprint> fingerprints;
  std::vector<std::string> warnings;
};

/// A backup being written. Nothing of it is visible to anyone until `Commit` has returned; a
/// destroyed or killed writer leaves only debris that prune removes. Creating sinks is thread-safe.
class BackupWriter {
 public:
  virtual ~BackupWriter() = default;
  [[nodiscard]] virtual const std::string& id() const = 0;
  /// The backup whose bytes are compared against, when there is one.
  [[nodiscard]] virtual const BackupRecord* parent() const = 0;
  /// Errors: AlreadyExists for a name used twice.
  [[nodiscard]] virtual Result<std::unique_ptr<StreamSink>> AddStream(ItemSpec spec) = 0;
  /// `page_size` is a power of two from 512 to 65536.
  [[nodiscard]] virtual Result<std::unique_ptr<PageSink>> AddPages(ItemSpec spec,
                                                                   std::uint32_t page_size) = 0;
  /// Writes the manifest, the only commit point. Errors: InvalidOptions when a sink is unfinished;
  /// Conflict when an operator fenced this writer; store errors.
  [[nodiscard]] virtual Result<BackupRecord> Commit(BackupFacts facts) = 0;
};

class StreamSource {
 public:
  virtual ~StreamSource() = default;
  /// Fills at most `out`; 0 at the end. Errors: Corrupt naming the object, store errors.
  [[nodiscard]] virtual Result<std::size_t> Read(MutableByteView out) = 0;
};

/// Random access to the pages of one item. Thread-safe.
class PageSource {
 public:
  virtual ~PageSource() = default;
  [[nodiscard]] virtual std::uint64_t page_count() const = 0;
  [[nodiscard]] virtual std::uint32_t page_size() const = 0;
  /// `out` is a whole number of pages, all below `page_count()`.
  [[nodiscard]] virtual Result<void> Read(std::uint64_t first_page, MutableByteView out) = 0;
};

/// A committed backup being read. It is announced to pruners for as long as this object lives.
/// Thread-safe; sources must not outlive it.
class BackupReader {
 public:
  virtual ~BackupReader() = default;
  [[nodiscard]] virtual const BackupRecord& record() const = 0;
  [[nodiscard]] virtual const std::vector<ItemInfo>& items() const = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<StreamSource>> OpenStream(std::string_view name) = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<PageSource>> OpenPages(std::string_view name) = 0;
};

/// What a writer must know to begin.
struct BackupPlan {
  std::string instance;  ///< the chain; `ChainName` of the instance
  std::string engine;
  BackupType type = BackupType::kFull;
  std::string correlation_id;
  /// Compare with the newest backup of the chain of the same engine and type.
  enum class Parent { kNewest, kNone } parent = Parent::kNewest;
  /// Where the writer and its sinks add what they take to compress and to store, when given.
  std::shared_ptr<StageMeter> stages = nullptr;
};

/// The repository, as engines and operations see it: chains of backups, one per instance.
/// Implemented by the room `repository`; thread-safe.
class BackupStore {
 public:
  virtual ~BackupStore() = default;
  /// Tells repositories apart wherever they are reached at.
  [[nodiscard]] virtual const std::string& id() const = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<BackupWriter>> Begin(const BackupPlan& plan) = 0;
  /// `selector`: a backup id or a unique prefix of one, or `latest` (which needs `instance`).
  /// Errors: NotFound, Conflict when a pruner removed it meanwhile, Corrupt, WrongKey.
  [[nodiscard]] virtual Result<std::unique_ptr<BackupReader>> Open(std::string_view selector,
                                                                   std::string_view instance) = 0;
  /// Newest last; all chains when `instance` is empty.
  [[nodiscard]] virtual Result<std::vector<BackupRecord>> List(std::string_view instance) = 0;
};

}  // namespace dbstow
