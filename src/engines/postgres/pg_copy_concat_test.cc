#include "engines/postgres/pg_copy_concat.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace dbstow::postgres {
namespace {

/// Gives its bytes in pieces of a fixed size.
class TextSource final : public StreamSource {
 public:
  TextSource(std::string text, std::size_t piece) : text_(std::move(text)), piece_(piece) {}
  Result<std::size_t> Read(MutableByteView out) override {
    const std::size_t count = std::min({piece_, out.size(), text_.size() - position_});
    std::copy_n(AsBytes(text_).begin() + static_cast<std::ptrdiff_t>(position_), count,
                out.begin());
    position_ += count;
    return count;
  }

 private:
  std::string text_;
  std::size_t piece_;
  std::size_t position_ = 0;
};

const std::string kHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
const std::string kTrailer("\377\377");

Result<std::string> Concatenate(CopyConcatenation::Format format,
                                const std::vector<std::string>& parts, std::size_t piece) {
  std::string out;
  CopyConcatenation rows(format, [&out](ByteView bytes) -> Result<void> {
    out += AsText(bytes);
    return {};
  });
  for (const std::string& part : parts) {
    TextSource source(part, piece);
    DBSTOW_TRY(rows.Add(source));
  }
  DBSTOW_TRY(rows.Finish());
  return out;
}

TEST(CopyConcatenation, TextEndsAsPgDumpEndsIt) {
  const auto rows = Concatenate(CopyConcatenation::Format::kText, {"1\ta\n", "", "2\tb\n"}, 3);
  EXPECT_EQ(rows.value_or("?"), "1\ta\n2\tb\n\\.\n\n\n");
}

TEST(CopyConcatenation, BinaryKeepsOneHeaderAndOneTrailer) {
  // A row may hold bytes that look like a trailer.
  const std::string rows = "row\377\377";
  for (std::size_t piece = 1; piece < 50; ++piece) {
    const auto joined = Concatenate(
        CopyConcatenation::Format::kBinary,
        {kHeader + rows + kTrailer, kHeader + kTrailer, kHeader + "x" + kTrailer}, piece);
    EXPECT_EQ(joined.value_or("?"), kHeader + rows + "x" + kTrailer) << piece;
  }
  EXPECT_EQ(Concatenate(CopyConcatenation::Format::kBinary, {}, 1).value_or("?"),
            kHeader + kTrailer);
}

TEST(CopyConcatenation, RefusesDamagedBinary) {
  for (const std::string& bad : {std::string(), kHeader, kHeader + "rows", kHeader.substr(0, 10),
                                 "X" + kHeader + kTrailer}) {
    const auto joined = Concatenate(CopyConcatenation::Format::kBinary, {bad}, 7);
    ASSERT_FALSE(joined);
    EXPECT_EQ(joined.error().code(), ErrorCode::kCorrupt);
  }
}

}  // namespace
}  // namespace dbstow::postgres
