#include "repository/page_segment.h"

#include <cstring>

namespace dbstow::repository {
namespace {

// Comparing a page with itself, one byte on, is memcmp at full speed without a page of zeros.
bool AllZero(ByteView page) {
  return page.front() == std::byte{0} &&
         std::memcmp(page.data(), page.data() + 1, page.size() - 1) == 0;
}

}  // namespace

Result<void> PageSegment::AddPage(std::uint32_t unit, ByteView page, const Output& output) {
  summary_.bytes_read += page.size();
  if (AllZero(page)) {
    assembler_.PlaceZero(unit);
    return {};
  }
  const io::PageHash hash = output.tools.hasher.Hash(page);
  if (assembler_.Reuse(unit, hash)) {
    summary_.bytes_reused += page.size();
    return {};
  }
  if (superblock_.empty()) superblock_frame_ = assembler_.AddFrame();
  const auto index = static_cast<std::uint32_t>(superblock_.size() / page_size_);
  superblock_.insert(superblock_.end(), page.begin(), page.end());
  assembler_.Place(unit, hash, {superblock_frame_, index});
  return superblock_.size() >= kSuperblockSize ? Flush(output) : Result<void>();
}

Result<void> PageSegment::Add(std::uint32_t first, ByteView bytes, const Output& output) {
  for (std::uint32_t unit = first; !bytes.empty(); ++unit) {
    if (assembler_.Has(unit)) {
      return Error(ErrorCode::kInvalidOptions, "a page was written twice");
    }
    DBSTOW_TRY(AddPage(unit, bytes.first(page_size_), output));
    bytes = bytes.subspan(page_size_);
  }
  return {};
}

Result<void> PageSegment::Flush(const Output& output) {
  if (superblock_.empty()) return {};
  const FrameContent content{FrameKind::kData, superblock_, output.levels.For(superblock_)};
  DBSTOW_ASSIGN(const FrameRef ref, output.packs.Append(output.tools.encoder, content));
  assembler_.SetFrame(superblock_frame_, ref);
  summary_.bytes_stored += ref.stored_size;
  superblock_.clear();
  return {};
}

Result<SegmentRef> PageSegment::Finish(std::uint32_t units, const Output& output) {
  bool whole = assembler_.count() == units;
  for (std::uint32_t unit = 0; unit < units && whole; ++unit) whole = assembler_.Has(unit);
  if (!whole) {
    return Error(ErrorCode::kInvalidOptions,
                 "pages are missing or lie beyond the end that was given");
  }
  DBSTOW_TRY(Flush(output));
  DBSTOW_ASSIGN(auto finished, assembler_.Finish(units, output.packs, output.tools.encoder));
  summary_.bytes_stored += finished.bytes_stored;
  return std::move(finished.ref);
}

}  // namespace dbstow::repository
