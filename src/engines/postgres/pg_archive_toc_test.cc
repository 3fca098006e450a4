#include "engines/postgres/pg_archive_toc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace dbstow::postgres {
namespace {

using ::testing::ElementsAre;

// Writes archives of any version byte by byte, as pg_dump of that version would.
class ArchiveBuilder {
 public:
  ArchiveBuilder(int minor, int format) : minor_(minor), format_(format) {
    bytes_ = "PGDMP";
    for (const int byte : {1, minor, 0, 4, 8, format}) Byte(byte);
    minor >= 15 ? Byte(1) : Integer(-1);
    for (const int part : {1, 2, 3, 4, 5, 126, 0}) Integer(part);
    for (const char* text : {"shop", "15.2", "16.1"}) Text(text);
  }
  void Byte(int value) { bytes_ += static_cast<char>(value); }
  void Integer(int value) {
    Byte(value < 0 ? 1 : 0);
    for (int i = 0, rest = std::abs(value); i < 4; ++i, rest >>= 8) Byte(rest & 0xff);
  }
  void Text(const std::string& text) {
    Integer(static_cast<int>(text.size()));
    bytes_ += text;
  }
  void Entry(int id, const std::string& tag, const std::vector<int>& dependencies) {
    Integer(id);
    Integer(0);
    for (const char* number : {"1259", "16400"}) Text(number);
    Text(tag);
    Text("TABLE");
    Integer(2);
    for (const char* text : {"CREATE TABLE x;", "DROP TABLE x;"}) Text(text);
    Integer(-1);  // no COPY
    Text("public");
    Text("");  // tablespace
    if (minor_ >= 14) Text("heap");
    if (minor_ >= 16) Integer('r');
    Text("owner");
    Text("false");
    for (const int dependency : dependencies) Text(std::to_string(dependency));
    Integer(-1);
    if (format_ == 1) {
      Byte(3);
      bytes_.append(8, '\0');
    } else {
      Text("");
    }
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  int minor_;
  int format_;
  std::string bytes_;
};

std::string TwoTables(int minor, int format) {
  ArchiveBuilder builder(minor, format);
  builder.Integer(2);
  builder.Entry(7, "first", {});
  builder.Entry(9, "second \"é\"", {7, 4711});
  return builder.bytes();
}

PgArchiveEntry DataEntry() {
  PgArchiveEntry data;
  data.dump_id = 20;
  data.has_data = true;
  data.tag = "first";
  data.desc = "TABLE DATA";
  data.section = PgSection::kData;
  data.copy_stmt = "COPY public.first (id) FROM stdin;\n";
  data.namespace_name = "public";
  data.dependencies = {7};
  data.data_file = "20.dat";
  return data;
}

TEST(PgArchive, ReadsEveryVersionAndBothFormats) {
  for (int minor = 12; minor <= 16; ++minor) {
    for (const int format : {1, 3}) {
      const auto archive = ParseArchive(AsBytes(TwoTables(minor, format)));
      ASSERT_TRUE(archive) << minor << " " << format << ": " << archive.error().ToString();
      EXPECT_EQ(archive->format_minor, minor);
      EXPECT_EQ(archive->database, "shop");
      EXPECT_EQ(archive->server_version, "15.2");
      ASSERT_EQ(archive->entries.size(), 2u);
      const PgArchiveEntry& second = archive->entries[1];
      EXPECT_EQ(second.tag, "second \"é\"");
      EXPECT_EQ(second.oid, 16400u);
      EXPECT_EQ(second.section, PgSection::kPreData);
      EXPECT_EQ(second.tablespace, "");
      EXPECT_EQ(second.table_am.has_value(), minor >= 14);
      EXPECT_EQ(second.relkind, minor >= 16 ? 'r' : 0);
      EXPECT_EQ(second.owner, "owner");
      EXPECT_THAT(second.dependencies, ElementsAre(7, 4711));
    }
  }
}

TEST(PgArchive, WritesWhatItReads) {
  auto archive = ParseArchive(AsBytes(TwoTables(14, 1)));
  ASSERT_TRUE(archive);
  archive->entries.push_back(DataEntry());
  const auto toc = WriteDirectoryToc(*archive, TimePoint{});
  ASSERT_TRUE(toc);
  const auto again = ParseArchive(AsBytes(*toc));
  ASSERT_TRUE(again) << again.error().ToString();
  ASSERT_EQ(again->entries.size(), 3u);
  for (std::size_t i = 0; i < again->entries.size(); ++i) {
    const PgArchiveEntry& was = archive->entries[i];
    const PgArchiveEntry& is = again->entries[i];
    EXPECT_EQ(is.defn, was.defn);
    EXPECT_EQ(is.copy_stmt, was.copy_stmt);
    EXPECT_EQ(is.tablespace, was.tablespace);
    EXPECT_EQ(is.data_file, was.data_file);
    EXPECT_EQ(is.has_data, was.has_data);
    EXPECT_EQ(is.dependencies, was.dependencies);
  }
}

TEST(PgArchive, RefusesEntriesThatPgRestoreWouldRefuse) {
  PgArchive archive;
  archive.entries = {DataEntry(), DataEntry()};
  EXPECT_EQ(WriteDirectoryToc(archive, {}).error().code(), ErrorCode::kInvalidOptions);
  archive.entries = {DataEntry()};
  archive.entries[0].data_file.clear();
  EXPECT_EQ(WriteDirectoryToc(archive, {}).error().code(), ErrorCode::kInvalidOptions);
}

TEST(PgArchive, SaysWhatItCannotRead) {
  EXPECT_EQ(ParseArchive(AsBytes("")).error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(ParseArchive(AsBytes("CREATE TABLE x;")).error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(ParseArchive(AsBytes(TwoTables(17, 1))).error().code(),
            ErrorCode::kUnsupportedCapability);
  EXPECT_EQ(ParseArchive(AsBytes(TwoTables(14, 4))).error().code(),
            ErrorCode::kUnsupportedCapability);
}

TEST(PgArchive, EveryTruncationIsCorrupt) {
  const std::string whole = TwoTables(16, 1);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto archive = ParseArchive(AsBytes(std::string_view(whole).substr(0, length)));
    ASSERT_FALSE(archive) << length;
    EXPECT_EQ(archive.error().code(), ErrorCode::kCorrupt) << length;
  }
}

TEST(PgArchive, NoDamagedByteBringsItDown) {
  const std::string whole = TwoTables(14, 1);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int value : {0, 1, 0x7f, 0x80, 0xff}) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(value);
      const auto archive = ParseArchive(AsBytes(damaged));  // must end, with whatever answer
      EXPECT_TRUE(!archive || archive->entries.size() <= 2u);
    }
  }
}

Result<void> Prove(std::string_view archive, std::size_t piece) {
  PgArchiveProof proof;
  for (; !archive.empty(); archive.remove_prefix(std::min(piece, archive.size()))) {
    proof.Take(AsBytes(archive.substr(0, piece)));
  }
  return proof.Finish();
}

TEST(PgArchiveProof, SaysWhatParsingSaysInWhateverPieces) {
  for (const std::size_t piece : {1u, 7u, 4096u}) {
    for (const std::string& whole : {TwoTables(12, 3), TwoTables(16, 1)}) {
      for (std::size_t length = 0; length < whole.size(); ++length) {
        const auto proven = Prove(std::string_view(whole).substr(0, length), piece);
        ASSERT_FALSE(proven) << length << " in pieces of " << piece;
        EXPECT_EQ(proven.error().code(), ErrorCode::kCorrupt);
      }
      EXPECT_TRUE(Prove(whole, piece)) << Prove(whole, piece).error().ToString();
      EXPECT_TRUE(Prove(whole + "data", piece)) << "what follows is not looked at";
      for (std::size_t at = 0; at < whole.size(); ++at) {
        std::string damaged = whole;
        damaged[at] = '\x7f';
        EXPECT_EQ(Prove(damaged, piece).has_value(), ParseArchive(AsBytes(damaged)).has_value())
            << "byte " << at;
      }
    }
    EXPECT_EQ(Prove(TwoTables(17, 1), piece).error().code(), ErrorCode::kUnsupportedCapability);
  }
}

TEST(PgArchive, RefusesAnIdUsedTwice) {
  ArchiveBuilder builder(14, 1);
  builder.Integer(2);
  builder.Entry(7, "first", {});
  builder.Entry(7, "second", {});
  EXPECT_EQ(ParseArchive(AsBytes(builder.bytes())).error().code(), ErrorCode::kCorrupt);
}

TEST(PgArchiveIndex, LooksUpBothWays) {
  auto archive = ParseArchive(AsBytes(TwoTables(14, 1)));
  ASSERT_TRUE(archive);
  archive->entries.push_back(DataEntry());
  const PgArchiveIndex index(*archive);
  EXPECT_EQ(index.Find(9), &archive->entries[1]);
  EXPECT_EQ(index.Find(4711), nullptr);
  EXPECT_THAT(index.DependentsOf(7), ElementsAre(&archive->entries[1], &archive->entries[2]));
  EXPECT_THAT(index.DependentsOf(9), ElementsAre());
  EXPECT_THAT(index.DependenciesOf(archive->entries[1]), ElementsAre(&archive->entries[0]));
  EXPECT_EQ(index.FindObject(1259, 16400), &archive->entries[0]);
  EXPECT_THAT(archive->Section(PgSection::kData), ElementsAre(&archive->entries[2]));
  EXPECT_EQ(archive->MaxDumpId(), 20);
}

}  // namespace
}  // namespace dbstow::postgres
