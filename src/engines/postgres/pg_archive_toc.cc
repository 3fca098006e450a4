#include "engines/postgres/pg_archive_toc.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <set>

namespace dbstow::postgres {
namespace {

// The format as pg_backup_archiver.c writes it: "PGDMP", three version bytes, sizes of integers and
// offsets, the format letter, compression, creation time, names; then the entries. An integer is a
// sign byte and its size in little-endian bytes; a string is its length, negative for NULL, and
// bytes.
constexpr std::string_view kMagic = "PGDMP";
constexpr int kMaxIntegerSize = 8;
constexpr int kFormatCustom = 1;
constexpr int kFormatTar = 3;  // directory archives say this too, see _CloseArchive there
constexpr int kOldestMinor = 12;
constexpr int kMinorTableAm = 14;
constexpr int kMinorCompressionByte = 15;
constexpr int kMinorRelkind = 16;
constexpr int kNewestMinor = 16;

enum NullField : std::uint8_t {
  kDefn = 1,
  kDrop = 2,
  kCopy = 4,
  kNamespace = 8,
  kOwner = 16,
};

/// A reader that turns sticky when the bytes end or make no sense: callers check once per record.
class Reader {
 public:
  /// `offset` is where `bytes` begins in the archive, for messages.
  explicit Reader(std::string_view bytes, std::uint64_t offset = 0)
      : bytes_(bytes), offset_(offset) {}

  [[nodiscard]] bool failed() const { return !problem_.empty(); }
  [[nodiscard]] bool ran_out() const { return problem_ == kRanOut; }
  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] std::size_t remaining() const { return bytes_.size() - position_; }
  [[nodiscard]] Error Failure() const {
    return Error(ErrorCode::kCorrupt, "the archive's table of contents is damaged at byte " +
                                          std::to_string(offset_ + position_) + ": " + problem_);
  }
  void Fail(std::string problem) {
    if (!failed()) problem_ = std::move(problem);
  }
  void SetIntegerSize(int size) { integer_size_ = size; }

  std::string_view Take(std::size_t count) {
    if (failed()) return {};
    if (count > remaining()) {
      Fail(std::string(kRanOut));
      return {};
    }
    const std::string_view taken = bytes_.substr(position_, count);
    position_ += count;
    return taken;
  }

  int Byte() {
    const std::string_view taken = Take(1);
    return taken.empty() ? 0 : static_cast<unsigned char>(taken[0]);
  }

  std::int32_t Integer() {
    const bool negative = Byte() != 0;
    std::uint64_t magnitude = 0;
    const std::string_view digits = Take(static_cast<std::size_t>(integer_size_));
    for (std::size_t i = digits.size(); i-- > 0;) {
      magnitude = (magnitude << 8) | static_cast<unsigned char>(digits[i]);
    }
    if (magnitude > INT32_MAX) {
      Fail("an integer is out of range");
      return 0;
    }
    const auto value = static_cast<std::int32_t>(magnitude);
    return negative ? -value : value;
  }

  std::optional<std::string> NullableText() {
    const std::int32_t length = Integer();
    if (length < 0 || failed()) return std::nullopt;
    const std::string_view text = Take(static_cast<std::size_t>(length));
    if (text.find('\0') != std::string_view::npos) Fail("a text holds a zero byte");
    return std::string(text);
  }

  std::string Text() { return NullableText().value_or(""); }

  std::string Field(std::uint8_t& nulls, NullField field) {
    auto text = NullableText();
    if (!text) nulls = static_cast<std::uint8_t>(nulls | field);
    return std::move(text).value_or("");
  }

  template <class Number>
  Number NumberText() {
    const std::string text = Text();
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) Fail("a number is malformed");
    return number;
  }

 private:
  static constexpr std::string_view kRanOut = "it ends too early";

  std::string_view bytes_;
  std::uint64_t offset_;
  std::size_t position_ = 0;
  int integer_size_ = 4;
  std::string problem_;
};

using Layout = PgArchiveLayout;

Result<Layout> ReadLayout(Reader& in, PgArchive& archive) {
  if (in.Take(kMagic.size()) != kMagic) {
    return Error(ErrorCode::kCorrupt, "this is no pg_dump archive: it does not begin with PGDMP");
  }
  archive.format_major = in.Byte();
  archive.format_minor = in.Byte();
  in.Byte();  // revision: no meaning for the layout
  if (in.failed()) return in.Failure();
  if (archive.format_major != 1 || archive.format_minor < kOldestMinor ||
      archive.format_minor > kNewestMinor) {
    return Error(ErrorCode::kUnsupportedCapability,
                 "archive format " + std::to_string(archive.format_major) + "." +
                     std::to_string(archive.format_minor) + " is not one of 1.12 to 1.16");
  }
  Layout layout{archive.format_minor};
  layout.integer_size = in.Byte();
  layout.offset_size = in.Byte();
  layout.format = in.Byte();
  if (layout.integer_size < 1 || layout.integer_size > kMaxIntegerSize || layout.offset_size < 1 ||
      layout.offset_size > kMaxIntegerSize) {
    in.Fail("the sizes of integers make no sense");
  }
  if (in.failed()) return in.Failure();
  if (layout.format != kFormatCustom && layout.format != kFormatTar) {
    return Error(ErrorCode::kUnsupportedCapability,
                 "the archive is neither in custom nor in "
                 "directory format");
  }
  in.SetIntegerSize(layout.integer_size);
  return layout;
}

// Gives how many entries follow.
std::int32_t ReadHeaderFields(Reader& in, const Layout& layout, PgArchive& archive) {
  if (layout.minor >= kMinorCompressionByte) {
    in.Byte();
  } else {
    in.Integer();
  }
  constexpr int kTimeFields = 7;  // struct tm from seconds to tm_isdst
  for (int i = 0; i < kTimeFields; ++i) in.Integer();
  archive.database = in.Text();
  archive.server_version = in.Text();
  archive.dump_version = in.Text();
  const std::int32_t count = in.Integer();
  if (count < 0) in.Fail("the number of entries is negative");
  return count;
}

void ReadDependencies(Reader& in, PgArchiveEntry& entry) {
  while (!in.failed()) {
    const auto text = in.NullableText();
    if (!text) return;
    std::int32_t id = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), id);
    if (error != std::errc() || end != text->data() + text->size()) {
      in.Fail("a dependency is no number");
      return;
    }
    entry.dependencies.push_back(id);
  }
}

void ReadPlace(Reader& in, const Layout& layout, PgArchiveEntry& entry) {
  if (layout.format == kFormatCustom) {
    in.Byte();  // whether the offset is set
    in.Take(static_cast<std::size_t>(layout.offset_size));
  } else {
    entry.data_file = in.Text();
  }
}

PgArchiveEntry ReadEntry(Reader& in, const Layout& layout) {
  PgArchiveEntry entry;
  entry.null_fields = 0;
  entry.dump_id = in.Integer();
  entry.has_data = in.Integer() != 0;
  entry.catalog_oid = in.NumberText<std::uint32_t>();
  entry.oid = in.NumberText<std::uint32_t>();
  entry.tag = in.Text();
  entry.desc = in.Text();
  const std::int32_t section = in.Integer();
  if (section < 1 || section > 4) in.Fail("an entry's section is unknown");
  entry.section = static_cast<PgSection>(std::clamp(section, 1, 4));
  entry.defn = in.Field(entry.null_fields, kDefn);
  entry.drop = in.Field(entry.null_fields, kDrop);
  entry.copy_stmt = in.Field(entry.null_fields, kCopy);
  entry.namespace_name = in.Field(entry.null_fields, kNamespace);
  entry.tablespace = in.NullableText();
  if (layout.minor >= kMinorTableAm) entry.table_am = in.NullableText();
  if (layout.minor >= kMinorRelkind) entry.relkind = in.Integer();
  entry.owner = in.Field(entry.null_fields, kOwner);
  in.Text();  // "true" for tables WITH OIDS, which no server since 12 has
  ReadDependencies(in, entry);
  ReadPlace(in, layout, entry);
  if (entry.dump_id <= 0) in.Fail("an entry's id is not positive");
  return entry;
}

class Writer {
 public:
  void Byte(int value) { out_ += static_cast<char>(value); }
  void Integer(std::int64_t value) {
    Byte(value < 0 ? 1 : 0);
    auto magnitude = static_cast<std::uint64_t>(value < 0 ? -value : value);
    for (int i = 0; i < 4; ++i, magnitude >>= 8) Byte(static_cast<int>(magnitude & 0xff));
  }
  void Text(std::string_view text) {
    Integer(static_cast<std::int64_t>(text.size()));
    out_ += text;
  }
  void Null() { Integer(-1); }
  void Nullable(const std::optional<std::string>& text) { text ? Text(*text) : Null(); }
  void Field(const PgArchiveEntry& entry, const std::string& text, NullField field) {
    text.empty() && (entry.null_fields & field) != 0 ? Null() : Text(text);
  }
  void Raw(std::string_view bytes) { out_ += bytes; }
  [[nodiscard]] std::string Take() { return std::move(out_); }

 private:
  std::string out_;
};

void WriteHeader(Writer& out, const PgArchive& archive, TimePoint created) {
  out.Raw(kMagic);
  for (const int byte : {1, 14, 0, 4, 8, kFormatTar}) out.Byte(byte);
  out.Integer(0);  // not compressed
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(created));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  for (const int part :
       {parts.tm_sec, parts.tm_min, parts.tm_hour, parts.tm_mday, parts.tm_mon, parts.tm_year, 0}) {
    out.Integer(part);
  }
  out.Text(archive.database);
  out.Text(archive.server_version);
  out.Text(archive.dump_version);
}

void WriteEntry(Writer& out, const PgArchiveEntry& entry) {
  out.Integer(entry.dump_id);
  out.Integer(entry.has_data ? 1 : 0);
  out.Text(std::to_string(entry.catalog_oid));
  out.Text(std::to_string(entry.oid));
  out.Text(entry.tag);
  out.Text(entry.desc);
  out.Integer(static_cast<int>(entry.section));
  out.Field(entry, entry.defn, kDefn);
  out.Field(entry, entry.drop, kDrop);
  out.Field(entry, entry.copy_stmt, kCopy);
  out.Field(entry, entry.namespace_name, kNamespace);
  out.Nullable(entry.tablespace);
  out.Nullable(entry.table_am);
  out.Field(entry, entry.owner, kOwner);
  out.Text("false");
  for (const std::int32_t id : entry.dependencies) out.Text(std::to_string(id));
  out.Null();
  out.Text(entry.data_file);
}

Result<void> CheckWritable(const PgArchive& archive) {
  std::set<std::int32_t> seen;
  for (const PgArchiveEntry& entry : archive.entries) {
    if (entry.dump_id <= 0 || !seen.insert(entry.dump_id).second) {
      return Error(ErrorCode::kInvalidOptions, "the dump id " + std::to_string(entry.dump_id) +
                                                   " of '" + entry.tag +
                                                   "' is not positive or not unique");
    }
    if (entry.has_data && entry.data_file.empty()) {
      return Error(ErrorCode::kInvalidOptions, "the data of '" + entry.tag + "' have no file");
    }
  }
  return {};
}

}  // namespace

Result<PgArchive> ParseArchive(ByteView bytes) {
  Reader in(AsText(bytes));
  PgArchive archive;
  DBSTOW_ASSIGN(const Layout layout, ReadLayout(in, archive));
  const std::int32_t count = ReadHeaderFields(in, layout, archive);
  std::set<std::int32_t> seen;
  // No reservation by `count`: it is not to be trusted, the bytes are.
  for (std::int32_t i = 0; i < count && !in.failed(); ++i) {
    archive.entries.push_back(ReadEntry(in, layout));
    if (!in.failed() && !seen.insert(archive.entries.back().dump_id).second) {
      in.Fail("an entry's id is used twice");
    }
  }
  if (in.failed()) return in.Failure();
  return archive;
}

void PgArchiveProof::Take(ByteView bytes) {
  if (problem_) return;
  unread_ += AsText(bytes);
  std::size_t read = 0;
  while (entries_left_ != 0 && !problem_) {
    const std::size_t more = ReadOne(std::string_view(unread_).substr(read));
    if (more == 0) break;
    read += more;
  }
  unread_.erase(0, entries_left_ == 0 ? unread_.size() : read);
}

// Gives how much the header or the next entry takes; 0 when not all of it is there yet.
std::size_t PgArchiveProof::ReadOne(std::string_view bytes) {
  Reader in(bytes, offset_);
  if (entries_left_ < 0) {
    PgArchive header;
    auto layout = ReadLayout(in, header);
    if (in.ran_out()) return 0;
    if (!layout) return problem_ = std::move(layout).error(), 0;
    const std::int32_t count = ReadHeaderFields(in, *layout, header);
    if (in.ran_out()) return 0;
    layout_ = *layout;
    entries_left_ = count;
  } else {
    in.SetIntegerSize(layout_.integer_size);
    static_cast<void>(ReadEntry(in, layout_));
    if (in.ran_out()) return 0;
    --entries_left_;
  }
  if (in.failed()) problem_ = in.Failure();
  offset_ += in.position();
  return in.position();
}

Result<void> PgArchiveProof::Finish() const {
  if (problem_) return *problem_;
  if (entries_left_ == 0) return {};
  return Error(ErrorCode::kCorrupt,
               "the archive is cut off after byte " + std::to_string(offset_ + unread_.size()) +
                   (entries_left_ < 0 ? ", in its header"
                                      : ": entries are missing: " + std::to_string(entries_left_)));
}

Result<std::string> WriteDirectoryToc(const PgArchive& archive, TimePoint created) {
  DBSTOW_TRY(CheckWritable(archive));
  Writer out;
  WriteHeader(out, archive, created);
  out.Integer(static_cast<std::int64_t>(archive.entries.size()));
  for (const PgArchiveEntry& entry : archive.entries) WriteEntry(out, entry);
  return out.Take();
}

}  // namespace dbstow::postgres
