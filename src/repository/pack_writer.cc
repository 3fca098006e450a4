#include "repository/pack_writer.h"

#include <algorithm>

#include "repository/pack_format.h"

namespace dbstow::repository {
namespace {

// Bounds the table of contents, so that it fits behind a full pack.
constexpr std::size_t kMostFrames = 65536;
constexpr std::size_t kMostContentsEntry = 16;
constexpr int kContentsLevel = 3;

// What may follow the frames: the table of contents, whose entries are smaller than their frames.
std::size_t RoomForContents(std::size_t frames_size) {
  const std::size_t entries = std::min(kMostFrames, frames_size / FrameHeader::kSize + 1);
  return entries * kMostContentsEntry + FrameHeader::kSize + io::Aead::kTagBytes +
         PackFooter::kSize + 64;
}

}  // namespace

// `bytes`, `entries` and `used` change under the writer's lock; the places inside `bytes` that are
// reserved belong to the threads that reserved them.
struct PackWriter::Pack {
  PackId id;
  io::Key256 key{};
  std::unique_ptr<std::byte[]> bytes;
  std::size_t limit = 0;     // for frames
  std::size_t capacity = 0;  // with the table of contents
  std::size_t used = 0;
  std::size_t unsealed = 0;  // places taken whose frame is not complete yet
  std::vector<ContentsEntry> entries;

  MutableByteView Range(std::size_t offset, std::size_t size) {
    return {bytes.get() + offset, size};
  }
};

PackWriter::PackWriter(const Environment& environment, const ChainLayout& layout,
                       const SessionId& session, std::shared_ptr<StageMeter> stages)
    : environment_(environment),
      layout_(layout),
      session_(session),
      epoch_(environment.keyring->current()),
      stages_(stages ? std::move(stages) : std::make_shared<StageMeter>()) {}

PackWriter::~PackWriter() = default;

Error PackWriter::Fail(Error error) {
  const std::scoped_lock lock(mutex_);
  if (!failed_) failed_ = error;
  changed_.notify_all();
  return error;
}

std::shared_ptr<PackWriter::Pack> PackWriter::OpenPack(std::size_t first_frame) {
  auto pack = std::make_shared<Pack>();
  pack->id = PackId::Generate(environment_.ports.random);
  pack->key = epoch_.ForPack(session_, pack->id);
  pack->limit = std::max(environment_.tuning.pack_bytes, PackHeader::kSize + first_frame);
  pack->capacity = pack->limit + RoomForContents(pack->limit);
  pack->bytes = std::make_unique_for_overwrite<std::byte[]>(pack->capacity);
  PackHeader{epoch_.epoch, session_, pack->id}.Write(pack->Range(0, PackHeader::kSize));
  pack->used = PackHeader::kSize;
  return pack;
}

Result<PackWriter::Place> PackWriter::Reserve(const FrameEncoder& encoder,
                                              const FrameContent& content) {
  const std::size_t size = encoder.stored_size();
  std::unique_lock lock(mutex_);
  Place place;
  while (!failed_ &&
         (!open_ || open_->used + size > open_->limit || open_->entries.size() >= kMostFrames)) {
    if (open_ && in_flight_ >= environment_.tuning.packs_in_flight) {
      const StageTimer timer(*stages_, Stage::kStore, environment_.ports.clock);
      changed_.wait(lock);
      continue;
    }
    if (open_) {
      place.full = std::move(open_);
      ++in_flight_;
    }
    open_ = OpenPack(size);
  }
  if (failed_) return *failed_;
  open_->entries.push_back({content.kind, static_cast<std::uint32_t>(open_->used),
                            static_cast<std::uint32_t>(size),
                            static_cast<std::uint32_t>(content.plain.size())});
  place.pack = open_;
  place.ref = FrameRef{open_->id, static_cast<std::uint32_t>(open_->entries.size() - 1),
                       static_cast<std::uint32_t>(open_->used), static_cast<std::uint32_t>(size),
                       static_cast<std::uint32_t>(content.plain.size())};
  open_->used += size;
  ++open_->unsealed;
  return place;
}

void PackWriter::Sealed(Pack& pack) {
  const std::scoped_lock lock(mutex_);
  if (--pack.unsealed == 0) changed_.notify_all();
}

Result<FrameRef> PackWriter::Append(FrameEncoder& encoder, const FrameContent& content) {
  if (content.plain.size() > kLargestFrame) {
    return Error(ErrorCode::kInternal, "a frame of " + std::to_string(content.plain.size()) +
                                           " bytes is larger than the format allows");
  }
  {
    const StageTimer timer(*stages_, Stage::kCompress, environment_.ports.clock);
    DBSTOW_TRY(encoder.Compress(content.plain, content.level));
  }
  DBSTOW_ASSIGN(const Place place, Reserve(encoder, content));
  {
    const StageTimer timer(*stages_, Stage::kCompress, environment_.ports.clock);
    auto sealed =
        encoder.Seal(place.pack->key, place.ref, content.kind, environment_.tuning.write_check,
                     place.pack->Range(place.ref.offset, place.ref.stored_size));
    Sealed(*place.pack);
    if (!sealed) return Fail(std::move(sealed).error());
  }
  if (place.full) DBSTOW_TRY(StorePack(encoder, *place.full));
  return place.ref;
}

Result<std::size_t> PackWriter::Close(FrameEncoder& encoder, Pack& pack) {
  const Bytes contents = EncodeContents(pack.entries);
  DBSTOW_TRY(encoder.Compress(contents, kContentsLevel));
  PackFooter footer;
  footer.contents_id = static_cast<std::uint32_t>(pack.entries.size());
  footer.contents_offset = static_cast<std::uint32_t>(pack.used);
  footer.contents_stored_size = static_cast<std::uint32_t>(encoder.stored_size());
  footer.contents_plain_size = static_cast<std::uint32_t>(contents.size());
  const FrameRef ref{pack.id, footer.contents_id, footer.contents_offset,
                     footer.contents_stored_size, footer.contents_plain_size};
  if (pack.used + ref.stored_size + PackFooter::kSize > pack.capacity) {
    return Error(ErrorCode::kInternal, "the table of contents does not fit its pack");
  }
  DBSTOW_TRY(encoder.Seal(pack.key, ref, FrameKind::kContents, environment_.tuning.write_check,
                          pack.Range(ref.offset, ref.stored_size)));
  const std::size_t end = ref.offset + ref.stored_size;
  footer.Write(pack.Range(end, PackFooter::kSize));
  return end + PackFooter::kSize;
}

Result<void> PackWriter::StorePack(FrameEncoder& encoder, Pack& pack) {
  const StageTimer timer(*stages_, Stage::kStore, environment_.ports.clock);
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return pack.unsealed == 0; });
    if (failed_) return *failed_;
  }
  auto size = Close(encoder, pack);
  if (!size) return Fail(std::move(size).error());
  const ByteView bytes = pack.Range(0, *size);
  const PackEntry entry{pack.id, session_, epoch_.epoch, *size, io::Sha256::Of(bytes)};
  auto put = environment_.ports.store.Put(layout_.Pack(session_, entry.digest), bytes);
  if (!put) return Fail(std::move(put).error());
  pack.bytes.reset();
  const std::scoped_lock lock(mutex_);
  stored_.push_back(entry);
  --in_flight_;
  changed_.notify_all();
  return {};
}

Result<std::vector<PackEntry>> PackWriter::Finish() {
  std::shared_ptr<Pack> last;
  {
    const std::scoped_lock lock(mutex_);
    if (failed_) return *failed_;
    last = std::move(open_);
    if (last) ++in_flight_;
  }
  if (last) {
    FrameEncoder encoder;
    DBSTOW_TRY(StorePack(encoder, *last));
  }
  const std::scoped_lock lock(mutex_);
  return stored_;
}

}  // namespace dbstow::repository
