#include "repository/item_source.h"

#include <algorithm>

namespace dbstow::repository {

Result<std::unique_ptr<ItemSource>> ItemSource::Create(const ItemEntry& entry, PackReader& packs) {
  std::unique_ptr<ItemSource> source(new ItemSource(entry, packs));
  DBSTOW_ASSIGN(source->segments_, LoadSegmentList(entry, packs));
  return source;
}

Result<std::shared_ptr<const Segment>> ItemSource::SegmentAt(std::uint64_t index) {
  if (auto cached = segment_cache_.Find(index)) return cached;
  DBSTOW_ASSIGN(const Bytes bytes, packs_.Read(segments_[index].frame, FrameKind::kSegment));
  DBSTOW_ASSIGN(Segment segment, Segment::Decode(bytes));
  const std::uint64_t per_segment = UnitsPerSegment(entry_.info.kind);
  const std::uint64_t expected = std::min(per_segment, entry_.units - index * per_segment);
  if (segment.size() != expected) {
    return Error(ErrorCode::kCorrupt,
                 "a map segment of item '" + entry_.info.name + "' has the wrong length");
  }
  return segment_cache_.Put(index, std::move(segment));
}

Result<std::shared_ptr<const Bytes>> ItemSource::Frame(const FrameRef& ref) {
  const std::pair key(ref.pack, ref.id);
  if (auto cached = frame_cache_.Find(key)) return cached;
  DBSTOW_ASSIGN(Bytes bytes, packs_.Read(ref, FrameKind::kData));
  return frame_cache_.Put(key, std::move(bytes));
}

Result<ByteView> ItemSource::Unit(const Bytes& frame, const UnitPlace& place) const {
  if (entry_.info.kind == ItemInfo::Kind::kStream) return ByteView(frame);
  const std::uint64_t size = entry_.info.page_size;
  if ((place.index + 1) * size > frame.size()) {
    return Error(ErrorCode::kCorrupt,
                 "the map of item '" + entry_.info.name + "' points outside a frame");
  }
  return ByteView(frame).subspan(place.index * size, size);
}

namespace {

class MappedStreamSource final : public StreamSource {
 public:
  MappedStreamSource(std::unique_ptr<ItemSource> item, ExplainError explain)
      : item_(std::move(item)), explain_(std::move(explain)) {}

  Result<std::size_t> Read(MutableByteView out) override {
    while (chunk_.empty() && next_ < item_->entry().units) {
      if (auto loaded = LoadChunk(); !loaded) return explain_(std::move(loaded).error());
    }
    const std::size_t size = std::min(out.size(), chunk_.size());
    std::ranges::copy(chunk_.first(size), out.begin());
    chunk_ = chunk_.subspan(size);
    return size;
  }

 private:
  // A damaged map must not make a stream longer or shorter than its manifest says.
  Result<void> LoadChunk() {
    DBSTOW_ASSIGN(const auto segment, item_->SegmentAt(next_ / kChunksPerSegment));
    const UnitPlace place = segment->places[next_ % kChunksPerSegment];
    const std::uint64_t expected =
        std::min<std::uint64_t>(kChunkSize, item_->entry().info.size - next_ * kChunkSize);
    if (place.frame == UnitPlace::kZero || segment->frames[place.frame].plain_size != expected) {
      return Error(ErrorCode::kCorrupt,
                   "the map of item '" + item_->entry().info.name + "' does not fit its size");
    }
    DBSTOW_ASSIGN(frame_, item_->Frame(segment->frames[place.frame]));
    chunk_ = *frame_;
    ++next_;
    return {};
  }

  const std::unique_ptr<ItemSource> item_;
  const ExplainError explain_;
  std::uint64_t next_ = 0;
  std::shared_ptr<const Bytes> frame_;
  ByteView chunk_;
};

class MappedPageSource final : public PageSource {
 public:
  MappedPageSource(std::unique_ptr<ItemSource> item, ExplainError explain)
      : item_(std::move(item)), explain_(std::move(explain)) {}

  std::uint64_t page_count() const override { return item_->entry().units; }
  std::uint32_t page_size() const override { return item_->entry().info.page_size; }

  Result<void> Read(std::uint64_t first_page, MutableByteView out) override {
    const std::uint64_t pages = out.size() / page_size();
    if (out.size() % page_size() != 0 || first_page > page_count() ||
        pages > page_count() - first_page) {
      return Error(ErrorCode::kInvalidOptions,
                   std::to_string(out.size()) + " bytes from page " + std::to_string(first_page) +
                       " do not lie within the " + std::to_string(page_count()) + " pages of '" +
                       item_->entry().info.name + "'");
    }
    for (std::uint64_t page = first_page; !out.empty();) {
      auto read = ReadFromSegment(page, out);
      if (!read) return explain_(std::move(read).error());
      page += *read;
      out = out.subspan(*read * page_size());
    }
    return {};
  }

 private:
  // Returns how many pages it filled, at least one.
  Result<std::uint64_t> ReadFromSegment(std::uint64_t first, MutableByteView out) {
    DBSTOW_ASSIGN(const auto segment, item_->SegmentAt(first / kPagesPerSegment));
    const std::uint64_t start = first % kPagesPerSegment;
    const std::uint64_t count =
        std::min<std::uint64_t>(segment->size() - start, out.size() / page_size());
    std::shared_ptr<const Bytes> frame;
    std::uint32_t frame_number = UnitPlace::kZero;
    for (std::uint64_t i = 0; i < count; ++i) {
      const UnitPlace place = segment->places[start + i];
      const MutableByteView page = out.subspan(i * page_size(), page_size());
      if (place.frame == UnitPlace::kZero) {
        std::ranges::fill(page, std::byte{0});
        continue;
      }
      if (place.frame != frame_number) {
        DBSTOW_ASSIGN(frame, item_->Frame(segment->frames[place.frame]));
        frame_number = place.frame;
      }
      DBSTOW_ASSIGN(const ByteView bytes, item_->Unit(*frame, place));
      std::ranges::copy(bytes, page.begin());
    }
    return count;
  }

  const std::unique_ptr<ItemSource> item_;
  const ExplainError explain_;
};

}  // namespace

Result<std::unique_ptr<StreamSource>> OpenStreamSource(const ItemEntry& entry, PackReader& packs,
                                                       ExplainError explain) {
  auto item = ItemSource::Create(entry, packs);
  if (!item) return explain(std::move(item).error());
  return std::unique_ptr<StreamSource>(
      std::make_unique<MappedStreamSource>(*std::move(item), std::move(explain)));
}

Result<std::unique_ptr<PageSource>> OpenPageSource(const ItemEntry& entry, PackReader& packs,
                                                   ExplainError explain) {
  auto item = ItemSource::Create(entry, packs);
  if (!item) return explain(std::move(item).error());
  return std::unique_ptr<PageSource>(
      std::make_unique<MappedPageSource>(*std::move(item), std::move(explain)));
}

}  // namespace dbstow::repository
