#include "support/memory_backup_store.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace dbstow::test {
namespace {

using Items = std::map<std::string, std::shared_ptr<MemoryItem>, std::less<>>;

struct MemoryBackup {
  BackupRecord record;
  Items items;
};

// Counts calls and fires at one of them.
template <class Action>
class Trap {
 public:
  void Set(int nth, Action action) {
    remaining_ = nth;
    action_ = std::move(action);
  }
  std::optional<Action> Count() {
    if (remaining_ == 0 || --remaining_ > 0) return std::nullopt;
    return std::exchange(action_, std::nullopt);
  }

 private:
  int remaining_ = 0;
  std::optional<Action> action_;
};

}  // namespace

struct MemoryBackupStore::Shared {
  mutable std::mutex mutex;
  std::vector<std::shared_ptr<const MemoryBackup>> backups;  // in order of commit
  int begun = 0;
  int writes = 0;
  int open_writers = 0;
  Trap<Error> fail_write;
  Trap<Error> fail_commit;
  Trap<Error> fail_read;
  Trap<std::function<void()>> on_write;
  Trap<std::function<void()>> on_read;

  Result<void> CountWrite() {
    std::optional<std::function<void()>> callback;
    std::optional<Error> failure;
    {
      const std::scoped_lock lock(mutex);
      ++writes;
      callback = on_write.Count();
      failure = fail_write.Count();
    }
    if (callback) (*callback)();
    if (failure) return *std::move(failure);
    return {};
  }

  Result<void> CountRead() {
    std::optional<std::function<void()>> callback;
    std::optional<Error> failure;
    {
      const std::scoped_lock lock(mutex);
      callback = on_read.Count();
      failure = fail_read.Count();
    }
    if (callback) (*callback)();
    if (failure) return *std::move(failure);
    return {};
  }
};

namespace {

using Shared = MemoryBackupStore::Shared;

// What of an item its predecessor in the parent backup already held: page by page, or all of a
// stream.
ItemSummary Compare(const MemoryItem& item, const MemoryItem* before) {
  const std::size_t size = item.bytes.size();
  const std::size_t step = item.info.kind == ItemInfo::Kind::kPages ? item.info.page_size : size;
  const bool comparable = before != nullptr && before->info.page_size == item.info.page_size;
  ItemSummary summary{size, 0, 0};
  for (std::size_t at = 0; at < size; at += step) {
    const bool same = comparable && at + step <= before->bytes.size() &&
                      std::memcmp(before->bytes.data() + at, item.bytes.data() + at, step) == 0;
    (same ? summary.bytes_reused : summary.bytes_stored) += step;
  }
  return summary;
}

class MemoryStreamSink final : public StreamSink {
 public:
  MemoryStreamSink(std::shared_ptr<Shared> shared, std::shared_ptr<MemoryItem> item,
                   std::shared_ptr<const MemoryItem> parent)
      : shared_(std::move(shared)), item_(std::move(item)), parent_(std::move(parent)) {}

  Result<void> Write(ByteView bytes) override {
    DBSTOW_TRY(shared_->CountWrite());
    const std::scoped_lock lock(shared_->mutex);
    if (item_->finished) return Error(ErrorCode::kInternal, "write after Finish");
    item_->bytes.insert(item_->bytes.end(), bytes.begin(), bytes.end());
    return {};
  }

  Result<ItemSummary> Finish() override {
    const std::scoped_lock lock(shared_->mutex);
    if (item_->finished) return Error(ErrorCode::kInternal, "Finish called twice");
    item_->finished = true;
    item_->info.size = item_->bytes.size();
    return Compare(*item_, parent_.get());
  }

 private:
  std::shared_ptr<Shared> shared_;
  std::shared_ptr<MemoryItem> item_;
  std::shared_ptr<const MemoryItem> parent_;
};

class MemoryPageSink final : public PageSink {
 public:
  MemoryPageSink(std::shared_ptr<Shared> shared, std::shared_ptr<MemoryItem> item,
                 std::shared_ptr<const MemoryItem> parent)
      : shared_(std::move(shared)), item_(std::move(item)), parent_(std::move(parent)) {}

  Result<void> Write(std::uint64_t first_page, ByteView bytes) override {
    DBSTOW_TRY(shared_->CountWrite());
    const std::scoped_lock lock(shared_->mutex);
    const std::size_t page = item_->info.page_size;
    if (item_->finished) return Error(ErrorCode::kInternal, "write after Finish");
    if (bytes.size() % page != 0) {
      return Error(ErrorCode::kInvalidOptions, "not a whole number of pages");
    }
    const std::size_t end = first_page + bytes.size() / page;
    if (end > item_->written.size()) {
      item_->written.resize(end);
      item_->bytes.resize(end * page);
    }
    for (std::size_t i = first_page; i < end; ++i) {
      if (item_->written[i]) {
        return Error(ErrorCode::kInvalidOptions, "page " + std::to_string(i) + " written twice");
      }
      item_->written[i] = true;
    }
    std::memcpy(item_->bytes.data() + first_page * page, bytes.data(), bytes.size());
    return {};
  }

  Result<ItemSummary> Finish(std::uint64_t page_count) override {
    const std::scoped_lock lock(shared_->mutex);
    if (item_->finished) return Error(ErrorCode::kInternal, "Finish called twice");
    if (item_->written.size() != page_count ||
        !std::ranges::all_of(item_->written, std::identity{})) {
      return Error(ErrorCode::kInvalidOptions,
                   "not exactly the pages below " + std::to_string(page_count) + " were written");
    }
    item_->finished = true;
    item_->info.size = item_->bytes.size();
    return Compare(*item_, parent_.get());
  }

 private:
  std::shared_ptr<Shared> shared_;
  std::shared_ptr<MemoryItem> item_;
  std::shared_ptr<const MemoryItem> parent_;
};

class MemoryWriter final : public BackupWriter {
 public:
  MemoryWriter(std::shared_ptr<Shared> shared, BackupRecord record,
               std::shared_ptr<const MemoryBackup> parent)
      : shared_(std::move(shared)), parent_(std::move(parent)) {
    backup_.record = std::move(record);
  }
  ~MemoryWriter() override {
    const std::scoped_lock lock(shared_->mutex);
    --shared_->open_writers;
  }

  const std::string& id() const override { return backup_.record.id; }
  const BackupRecord* parent() const override {
    return parent_ == nullptr ? nullptr : &parent_->record;
  }

  Result<std::unique_ptr<StreamSink>> AddStream(ItemSpec spec) override {
    DBSTOW_ASSIGN(auto item, Add(std::move(spec), ItemInfo::Kind::kStream, 0));
    auto before = Before(*item);
    return std::make_unique<MemoryStreamSink>(shared_, std::move(item), std::move(before));
  }

  Result<std::unique_ptr<PageSink>> AddPages(ItemSpec spec, std::uint32_t page_size) override {
    if (page_size < 512 || page_size > 65536 || (page_size & (page_size - 1)) != 0) {
      return Error(ErrorCode::kInvalidOptions, "page size " + std::to_string(page_size));
    }
    DBSTOW_ASSIGN(auto item, Add(std::move(spec), ItemInfo::Kind::kPages, page_size));
    auto before = Before(*item);
    return std::make_unique<MemoryPageSink>(shared_, std::move(item), std::move(before));
  }

  Result<BackupRecord> Commit(BackupFacts facts) override {
    const std::scoped_lock lock(shared_->mutex);
    if (auto failure = shared_->fail_commit.Count()) return *std::move(failure);
    if (committed_) return Error(ErrorCode::kInternal, "Commit called twice");
    for (const auto& [name, item] : backup_.items) {
      if (!item->finished) {
        return Error(ErrorCode::kInvalidOptions, "item '" + name + "' is not finished");
      }
      Account(*item);
    }
    BackupRecord& record = backup_.record;
    record.finished = record.started + std::chrono::seconds(1);
    record.server_version = std::move(facts.server_version);
    record.server_reference = std::move(facts.server_reference);
    record.details = std::move(facts.details);
    record.fingerprints = std::move(facts.fingerprints);
    record.warnings = std::move(facts.warnings);
    committed_ = true;
    shared_->backups.push_back(std::make_shared<MemoryBackup>(backup_));
    return record;
  }

 private:
  Result<std::shared_ptr<MemoryItem>> Add(ItemSpec spec, ItemInfo::Kind kind, std::uint32_t page) {
    const std::scoped_lock lock(shared_->mutex);
    auto item = std::make_shared<MemoryItem>();
    item->info = ItemInfo{spec.name, kind, page, 0, std::move(spec.attributes)};
    if (!backup_.items.emplace(spec.name, item).second) {
      return Error(ErrorCode::kAlreadyExists, "item '" + spec.name + "' added twice");
    }
    return item;
  }

  [[nodiscard]] std::shared_ptr<const MemoryItem> Before(const MemoryItem& item) const {
    if (parent_ == nullptr) return nullptr;
    const auto found = parent_->items.find(item.info.name);
    return found == parent_->items.end() ? nullptr : found->second;
  }

  void Account(const MemoryItem& item) {
    const ItemSummary summary = Compare(item, Before(item).get());
    backup_.record.bytes.read += summary.bytes_read;
    backup_.record.bytes.stored += summary.bytes_stored;
    backup_.record.bytes.reused += summary.bytes_reused;
  }

  std::shared_ptr<Shared> shared_;
  std::shared_ptr<const MemoryBackup> parent_;
  MemoryBackup backup_;
  bool committed_ = false;
};

class MemoryStreamSource final : public StreamSource {
 public:
  MemoryStreamSource(std::shared_ptr<Shared> shared, std::shared_ptr<const MemoryItem> item)
      : shared_(std::move(shared)), item_(std::move(item)) {}

  Result<std::size_t> Read(MutableByteView out) override {
    DBSTOW_TRY(shared_->CountRead());
    const std::size_t count = std::min(out.size(), item_->bytes.size() - at_);
    std::copy_n(item_->bytes.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
    at_ += count;
    return count;
  }

 private:
  std::shared_ptr<Shared> shared_;
  std::shared_ptr<const MemoryItem> item_;
  std::size_t at_ = 0;
};

class MemoryPageSource final : public PageSource {
 public:
  MemoryPageSource(std::shared_ptr<Shared> shared, std::shared_ptr<const MemoryItem> item)
      : shared_(std::move(shared)), item_(std::move(item)) {}

  std::uint64_t page_count() const override { return item_->written.size(); }
  std::uint32_t page_size() const override { return item_->info.page_size; }
  Result<void> Read(std::uint64_t first_page, MutableByteView out) override {
    DBSTOW_TRY(shared_->CountRead());
    const std::size_t at = first_page * page_size();
    if (out.size() % page_size() != 0 || at + out.size() > item_->bytes.size()) {
      return Error(ErrorCode::kInvalidOptions, "pages outside of '" + item_->info.name + "'");
    }
    std::memcpy(out.data(), item_->bytes.data() + at, out.size());
    return {};
  }

 private:
  std::shared_ptr<Shared> shared_;
  std::shared_ptr<const MemoryItem> item_;
};

class MemoryReader final : public BackupReader {
 public:
  MemoryReader(std::shared_ptr<Shared> shared, std::shared_ptr<const MemoryBackup> backup)
      : shared_(std::move(shared)), backup_(std::move(backup)) {
    for (const auto& [unused, item] : backup_->items) items_.push_back(item->info);
  }

  const BackupRecord& record() const override { return backup_->record; }
  const std::vector<ItemInfo>& items() const override { return items_; }
  Result<std::unique_ptr<StreamSource>> OpenStream(std::string_view name) override {
    DBSTOW_ASSIGN(auto item, Find(name, ItemInfo::Kind::kStream));
    return std::make_unique<MemoryStreamSource>(shared_, std::move(item));
  }
  Result<std::unique_ptr<PageSource>> OpenPages(std::string_view name) override {
    DBSTOW_ASSIGN(auto item, Find(name, ItemInfo::Kind::kPages));
    return std::make_unique<MemoryPageSource>(shared_, std::move(item));
  }

 private:
  Result<std::shared_ptr<const MemoryItem>> Find(std::string_view name, ItemInfo::Kind kind) const {
    const auto found = backup_->items.find(name);
    if (found == backup_->items.end() || found->second->info.kind != kind) {
      return Error(ErrorCode::kNotFound, "no such item '" + std::string(name) + "'");
    }
    return std::shared_ptr<const MemoryItem>(found->second);
  }

  std::shared_ptr<Shared> shared_;
  std::shared_ptr<const MemoryBackup> backup_;
  std::vector<ItemInfo> items_;
};

// 16 hex digits that differ early, so that prefixes are worth looking up.
std::string MakeId(int number) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::uint64_t mixed = static_cast<std::uint64_t>(number) * 0x9e3779b97f4a7c15u;
  std::string id;
  for (int i = 0; i < 16; ++i, mixed <<= 4) id += kHex[mixed >> 60];
  return id;
}

}  // namespace

MemoryBackupStore::MemoryBackupStore() : shared_(std::make_shared<Shared>()) {}

Result<std::unique_ptr<BackupWriter>> MemoryBackupStore::Begin(const BackupPlan& plan) {
  const std::scoped_lock lock(shared_->mutex);
  std::shared_ptr<const MemoryBackup> parent;
  for (const auto& backup : shared_->backups) {
    const BackupRecord& record = backup->record;
    const bool same_chain = record.instance == plan.instance && record.engine == plan.engine &&
                            record.type == plan.type;
    if (same_chain && plan.parent == BackupPlan::Parent::kNewest) parent = backup;
  }
  const int number = ++shared_->begun;
  ++shared_->open_writers;
  BackupRecord record;
  record.id = MakeId(number);
  record.instance = plan.instance;
  record.engine = plan.engine;
  record.type = plan.type;
  record.started = TimePoint(std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)) +
                   std::chrono::minutes(number);
  record.parent_id = parent == nullptr ? "" : parent->record.id;
  record.tool_version = "test";
  record.correlation_id = plan.correlation_id;
  return std::make_unique<MemoryWriter>(shared_, std::move(record), std::move(parent));
}

Result<std::unique_ptr<BackupReader>> MemoryBackupStore::Open(std::string_view selector,
                                                              std::string_view instance) {
  const std::scoped_lock lock(shared_->mutex);
  std::vector<std::shared_ptr<const MemoryBackup>> matches;
  for (const auto& backup : shared_->backups) {
    const bool in_chain = instance.empty() || backup->record.instance == instance;
    if (selector == "latest" ? in_chain && !instance.empty()
                             : in_chain && backup->record.id.starts_with(selector)) {
      matches.push_back(backup);
    }
  }
  if (matches.empty()) {
    return Error(ErrorCode::kNotFound, "there is no backup '" + std::string(selector) + "'");
  }
  if (selector != "latest" && matches.size() > 1) {
    return Error(ErrorCode::kInvalidOptions,
                 "'" + std::string(selector) + "' is the beginning of several ids");
  }
  return std::make_unique<MemoryReader>(shared_, matches.back());
}

Result<std::vector<BackupRecord>> MemoryBackupStore::List(std::string_view instance) {
  const std::scoped_lock lock(shared_->mutex);
  std::vector<BackupRecord> records;
  for (const auto& backup : shared_->backups) {
    if (instance.empty() || backup->record.instance == instance) records.push_back(backup->record);
  }
  return records;
}

void MemoryBackupStore::FailWrite(int nth, Error error) {
  const std::scoped_lock lock(shared_->mutex);
  shared_->fail_write.Set(nth, std::move(error));
}

void MemoryBackupStore::FailCommit(int nth, Error error) {
  const std::scoped_lock lock(shared_->mutex);
  shared_->fail_commit.Set(nth, std::move(error));
}

void MemoryBackupStore::FailRead(int nth, Error error) {
  const std::scoped_lock lock(shared_->mutex);
  shared_->fail_read.Set(nth, std::move(error));
}

void MemoryBackupStore::OnWrite(int nth, std::function<void()> callback) {
  const std::scoped_lock lock(shared_->mutex);
  shared_->on_write.Set(nth, std::move(callback));
}

void MemoryBackupStore::OnRead(int nth, std::function<void()> callback) {
  const std::scoped_lock lock(shared_->mutex);
  shared_->on_read.Set(nth, std::move(callback));
}

int MemoryBackupStore::writes() const {
  const std::scoped_lock lock(shared_->mutex);
  return shared_->writes;
}

int MemoryBackupStore::open_writers() const {
  const std::scoped_lock lock(shared_->mutex);
  return shared_->open_writers;
}

void MemoryBackupStore::Flip(const std::string& backup_id, const std::string& item,
                             std::size_t offset) {
  Edit(backup_id, item, [offset](Bytes& bytes) {
    if (offset >= bytes.size()) std::abort();
    bytes[offset] ^= std::byte{0xff};
  });
}

void MemoryBackupStore::Edit(const std::string& backup_id, const std::string& item,
                             const std::function<void(Bytes&)>& change) {
  const std::scoped_lock lock(shared_->mutex);
  for (const auto& backup : shared_->backups) {
    if (backup->record.id != backup_id) continue;
    const auto found = backup->items.find(item);
    if (found == backup->items.end()) std::abort();
    change(found->second->bytes);
    return;
  }
  std::abort();
}

}  // namespace dbstow::test
