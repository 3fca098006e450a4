#pragma once

#include <cstdint>
#include <optional>

#include "repository/level_chooser.h"
#include "repository/segment_assembler.h"

namespace dbstow::repository {

/// One segment of pages while it is written: hashes and compares each page, packs the changed ones
/// into superblocks. Not thread-safe.
class PageSegment {
 public:
  PageSegment(std::uint32_t page_size, std::optional<ParentSegment> parent)
      : page_size_(page_size), assembler_(kPagesPerSegment, std::move(parent)) {}

  struct Output {
    PackWriter& packs;
    WriteTools& tools;
    LevelChooser& levels;
  };
  /// `bytes` is a whole number of pages that end within the segment. Errors: InvalidOptions for a
  /// page written before; store errors.
  [[nodiscard]] Result<void> Add(std::uint32_t first, ByteView bytes, const Output& output);
  /// Stores the begun superblock; frees its memory.
  [[nodiscard]] Result<void> Flush(const Output& output);
  [[nodiscard]] bool full() const { return assembler_.full(); }
  /// Errors: InvalidOptions unless exactly the pages [0, units) were written.
  [[nodiscard]] Result<SegmentRef> Finish(std::uint32_t units, const Output& output);
  [[nodiscard]] const ItemSummary& summary() const { return summary_; }

 private:
  [[nodiscard]] Result<void> AddPage(std::uint32_t unit, ByteView page, const Output& output);

  const std::uint32_t page_size_;
  SegmentAssembler assembler_;
  Bytes superblock_;
  std::uint32_t superblock_frame_ = 0;
  ItemSummary summary_;
};

}  // namespace dbstow::repository
