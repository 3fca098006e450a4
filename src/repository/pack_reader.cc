#include "repository/pack_reader.h"

namespace dbstow::repository {

// Borrowed for one read, so that contexts and buffers are made once per thread and not per frame.
class PackReader::Loan {
 public:
  explicit Loan(PackReader& owner) : owner_(owner) {
    const std::scoped_lock lock(owner_.mutex_);
    if (owner_.idle_.empty()) return;
    tools_ = std::move(owner_.idle_.back());
    owner_.idle_.pop_back();
  }
  ~Loan() {
    if (!tools_) return;
    const std::scoped_lock lock(owner_.mutex_);
    owner_.idle_.push_back(std::move(tools_));
  }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;
  Tools& operator*() {
    if (!tools_) tools_ = std::make_unique<Tools>();
    return *tools_;
  }

 private:
  PackReader& owner_;
  std::unique_ptr<Tools> tools_;
};

PackReader::PackReader(const Environment& environment, const ChainLayout& layout,
                       const std::vector<PackEntry>& packs)
    : environment_(environment), layout_(layout) {
  for (const PackEntry& each : packs) packs_.emplace(each.id, each);
}

PackReader::~PackReader() = default;

const PackEntry* PackReader::Find(const PackId& id) const {
  const auto found = packs_.find(id);
  return found == packs_.end() ? nullptr : &found->second;
}

std::string PackReader::KeyOf(const PackEntry& pack) const {
  return layout_.Pack(pack.session, pack.digest);
}

Result<io::Key256> PackReader::KeyFor(const PackEntry& pack) {
  const std::scoped_lock lock(mutex_);
  const auto found = keys_.find(pack.id);
  if (found != keys_.end()) return found->second;
  DBSTOW_ASSIGN(const EpochKey epoch, environment_.keyring->Find(pack.epoch));
  return keys_.emplace(pack.id, epoch.ForPack(pack.session, pack.id)).first->second;
}

Result<Bytes> PackReader::Read(const FrameRef& ref, FrameKind kind) {
  const PackEntry* pack = Find(ref.pack);
  if (pack == nullptr || std::uint64_t{ref.offset} + ref.stored_size > pack->size) {
    return Error(ErrorCode::kCorrupt, "a page map names a frame that no pack of the manifest has");
  }
  const std::string key = KeyOf(*pack);
  DBSTOW_ASSIGN(const io::Key256 pack_key, KeyFor(*pack));
  Loan loan(*this);
  Tools& tools = *loan;
  tools.stored.resize(ref.stored_size);
  if (auto got = environment_.ports.store.GetRange(key, ref.offset, tools.stored); !got) {
    return AsDamage(std::move(got).error(), key);
  }
  Bytes plain;
  if (auto decoded = tools.decoder.Decode(pack_key, ref, kind, tools.stored, plain); !decoded) {
    return AsDamage(std::move(decoded).error(), key);
  }
  return plain;
}

Error AsDamage(Error error, std::string_view key) {
  if (error.code() == ErrorCode::kNotFound) {
    return Error(ErrorCode::kCorrupt, "object " + std::string(key) + " is missing");
  }
  if (error.code() != ErrorCode::kCorrupt) return error;
  return Error(ErrorCode::kCorrupt, "object " + std::string(key) + " is damaged")
      .WithCause(std::move(error));
}

}  // namespace dbstow::repository
