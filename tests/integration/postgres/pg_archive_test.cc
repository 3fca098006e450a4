#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "engines/postgres/pg_archive_toc.h"
#include "support/fakes.h"
#include "support/pg_compare.h"
#include "support/postgres_server.h"

namespace dbstow::postgres {
namespace {

using test::PostgresServer;
using ::testing::IsEmpty;

// "215; 1259 16400 TABLE shop customers owner" of pg_restore -l, up to the kind.
std::set<std::string> Listing(const PostgresServer& server, const std::string& path) {
  const auto listing = server.RunTool("pg_restore", {"-l", "-C", path});
  EXPECT_TRUE(listing && listing->status == 0) << (listing ? listing->errors : "");
  std::set<std::string> lines;
  std::istringstream text(listing ? listing->output : "");
  for (std::string line; std::getline(text, line);) {
    if (!line.starts_with(";")) lines.insert(line);
  }
  return lines;
}

std::string ListingLine(const PgArchiveEntry& entry) {
  std::string tag = entry.tag;
  for (char& letter : tag) {
    if (letter == '\n' || letter == '\r') letter = ' ';
  }
  return std::to_string(entry.dump_id) + "; " + std::to_string(entry.catalog_oid) + " " +
         std::to_string(entry.oid) + " " + entry.desc + " " +
         (entry.namespace_name.empty() ? "-" : entry.namespace_name) + " " + tag + " " +
         entry.owner;
}

Result<std::string> DumpSchema(const PostgresServer& server, const std::string& database) {
  DBSTOW_ASSIGN(const auto dump, server.RunTool("pg_dump", {"-Fc", "-s", "-d", database}));
  if (dump.status != 0) return Error(ErrorCode::kIoError, dump.errors);
  return dump.output;
}

void WriteFile(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

TEST(PgArchiveOnServer, ReadsAllThatPgRestoreLists) {
  DBSTOW_POSTGRES_OR_SKIP(server);
  const auto created = test::CreateShop(server, "shop", "0.002");
  ASSERT_TRUE(created) << created.error().ToString();
  const auto bytes = DumpSchema(server, "shop");
  ASSERT_TRUE(bytes) << bytes.error().ToString();
  const auto archive = ParseArchive(AsBytes(*bytes));
  ASSERT_TRUE(archive) << archive.error().ToString();
  const test::ScratchFolder folder;
  WriteFile(folder / "shop.dump", *bytes);
  std::set<std::string> ours;
  for (const PgArchiveEntry& entry : archive->entries) {
    // pg_restore -l leaves out what it would not restore by default.
    if (entry.desc != "ENCODING" && entry.desc != "STDSTRINGS" && entry.desc != "SEARCHPATH") {
      ours.insert(ListingLine(entry));
    }
  }
  const std::set<std::string> theirs = Listing(server, folder / "shop.dump");
  EXPECT_GT(theirs.size(), 200u);
  std::set<std::string> listed_only = theirs;
  for (const std::string& line : ours) listed_only.erase(line);
  EXPECT_THAT(listed_only, IsEmpty());
  EXPECT_EQ(ours.size(), theirs.size());
}

PgArchiveEntry TableData(const PgArchiveEntry& table, int id, const std::string& columns,
                         const std::string& options) {
  PgArchiveEntry data;
  data.dump_id = id;
  data.has_data = true;
  data.tag = table.tag;
  data.desc = "TABLE DATA";
  data.section = PgSection::kData;
  data.namespace_name = table.namespace_name;
  data.owner = table.owner;
  data.copy_stmt = "COPY " + test::SqlName(table.namespace_name) + "." + test::SqlName(table.tag) +
                   " " + columns + " FROM stdin" + options + ";\n";
  data.dependencies = {table.dump_id};
  data.data_file = std::to_string(id) + ".dat";
  return data;
}

PgArchiveEntry SequenceSet(const PgArchiveEntry& sequence, int id) {
  PgArchiveEntry set;
  set.dump_id = id;
  set.tag = sequence.tag;
  set.desc = "SEQUENCE SET";
  set.section = PgSection::kData;
  set.namespace_name = sequence.namespace_name;
  set.owner = sequence.owner;
  set.defn = "SELECT pg_catalog.setval('public.numbers', 17, true);\n";
  set.dependencies = {sequence.dump_id};
  return set;
}

PgArchiveEntry Blobs(int id) {
  PgArchiveEntry blobs;
  blobs.dump_id = id;
  blobs.has_data = true;
  blobs.tag = "BLOBS";
  blobs.desc = "BLOBS";
  blobs.section = PgSection::kData;
  blobs.data_file = "blobs.toc";
  return blobs;
}

// The directory format as we write it, read by the server's own tool: text and binary tables, large
// objects and a sequence.
TEST(PgArchiveOnServer, PgRestoreReadsADirectoryOfOurs) {
  DBSTOW_POSTGRES_OR_SKIP(server);
  ASSERT_TRUE(server.CreateDatabase("small"));
  ASSERT_TRUE(server.Query(
      "small",
      "CREATE TABLE letters (id int PRIMARY KEY, t text); CREATE TABLE digits (n int, t text);"
      "CREATE SEQUENCE numbers; INSERT INTO letters VALUES (1, 'a'), (2, E'\\t\\\\');"
      "INSERT INTO digits VALUES (7, NULL), (8, ''); SELECT lo_create(4711);"));
  const auto bytes = DumpSchema(server, "small");
  ASSERT_TRUE(bytes);
  auto archive = ParseArchive(AsBytes(*bytes));
  ASSERT_TRUE(archive);
  const test::ScratchFolder folder;
  std::vector<PgArchiveEntry> data;
  for (const PgArchiveEntry& entry : archive->entries) {
    const int id = 1000 + entry.dump_id;
    if (entry.desc == "TABLE" && entry.tag == "letters") {
      data.push_back(TableData(entry, id, "(id, t)", ""));
      WriteFile(folder / data.back().data_file, "1\ta\n2\t\\t\\\\\n\\.\n\n\n");
    } else if (entry.desc == "TABLE" && entry.tag == "digits") {
      data.push_back(TableData(entry, id, "(n, t)", " WITH (FORMAT binary)"));
      const auto copied = server.RunTool(
          "psql", {"-X", "-d", "small", "-c",
                   "\\copy digits to '" + (folder / data.back().data_file) + "' (format binary)"});
      ASSERT_TRUE(copied && copied->status == 0) << copied->errors;
    } else if (entry.desc == "SEQUENCE") {
      data.push_back(SequenceSet(entry, id));
    }
  }
  ASSERT_EQ(data.size(), 3u);
  data.push_back(Blobs(5000));
  PgArchiveEntry blob;
  blob.dump_id = 5001;
  blob.catalog_oid = 2613;
  blob.oid = 4711;
  blob.tag = "4711";
  blob.desc = "BLOB";
  blob.section = PgSection::kPreData;
  blob.defn = "SELECT pg_catalog.lo_create('4711');\n";
  archive->entries.push_back(blob);
  archive->entries.insert(archive->entries.end(), data.begin(), data.end());
  WriteFile(folder / "blobs.toc", "4711 blob_4711.dat\n");
  WriteFile(folder / "blob_4711.dat", "content");
  const auto toc = WriteDirectoryToc(*archive, TimePoint{});
  ASSERT_TRUE(toc) << toc.error().ToString();
  WriteFile(folder / "toc.dat", *toc);

  EXPECT_EQ(Listing(server, folder.path()).size(), archive->entries.size() - 3);
  ASSERT_TRUE(server.CreateDatabase("back"));
  const auto restored =
      server.RunTool("pg_restore", {"--exit-on-error", "-j2", "-d", "back", folder.path()});
  ASSERT_TRUE(restored);
  ASSERT_EQ(restored->status, 0) << restored->errors;
  ASSERT_TRUE(server.Query("small", "SELECT lo_put(4711, 0, 'content'), setval('numbers', 17)"));
  const auto expected = test::CaptureImage(server, "small");
  const auto found = test::CaptureImage(server, "back");
  ASSERT_TRUE(expected && found);
  EXPECT_THAT(test::CompareImages(*expected, *found), IsEmpty());
}

}  // namespace
}  // namespace dbstow::postgres
