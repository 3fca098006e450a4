#include "engines/postgres/pg_row_hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "engines/postgres/pg_backup_catalog.h"

namespace dbstow::postgres {
namespace {

RowHash HashOf(const std::vector<std::string>& rows) {
  RowHash hash;
  for (const std::string& row : rows) hash.Add(AsBytes(row));
  return hash;
}

TEST(RowHash, DoesNotDependOnOrderOrParts) {
  std::vector<std::string> rows;
  for (int i = 0; i < 1000; ++i) rows.push_back("row " + std::to_string(i % 700));
  const RowHash whole = HashOf(rows);
  std::ranges::shuffle(rows, std::mt19937(7));
  RowHash parts = HashOf({rows.begin(), rows.begin() + 300});
  parts.Merge(HashOf({rows.begin() + 300, rows.end()}));
  EXPECT_EQ(whole.Digest(), parts.Digest());
  EXPECT_EQ(parts.rows(), 1000u);
}

TEST(RowHash, SeesADuplicateInPlaceOfAnother) {
  EXPECT_NE(HashOf({"a", "a", "b"}).Digest(), HashOf({"a", "b", "b"}).Digest());
  EXPECT_NE(HashOf({"a", "a"}).Digest(), HashOf({}).Digest());
  EXPECT_EQ(HashOf({}).Digest(), std::string(32, '0'));
}

TEST(BinaryCopyRows, FindsTheRows) {
  using namespace std::string_literals;
  const std::string header = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"s;
  ASSERT_EQ(header.size(), 19u);
  BinaryCopyRows rows;
  EXPECT_EQ(AsText(rows.RowOf(AsBytes(header + "\0\1xyz"s))), "\0\1xyz"s);
  EXPECT_EQ(AsText(rows.RowOf(AsBytes("\0\2ab"s))), "\0\2ab"s);
  EXPECT_TRUE(rows.RowOf(AsBytes("\377\377"s)).empty());
  BinaryCopyRows empty;
  EXPECT_TRUE(empty.RowOf(AsBytes(header + "\377\377"s)).empty());
}

TEST(BackupCatalog, ReadsWhatItWrote) {
  PgBackupCatalog catalog;
  catalog.database.name = "Täble \"x\"";
  catalog.database.acl = {false, {{"", "CONNECT", false}, {"bob", "CREATE", true}}};
  catalog.database.settings = {{"", "search_path", "\"$user\", public"}};
  catalog.sequences = {{1, "s", "q", -5, true}};
  catalog.large_objects = {{900001, "bob", "it's", {}}};
  const auto back = PgBackupCatalog::FromJson(catalog.ToJson());
  ASSERT_TRUE(back) << back.error().ToString();
  EXPECT_EQ(back->ToJson(), catalog.ToJson());
  EXPECT_EQ(back->sequences[0].last_value, -5);
  EXPECT_FALSE(PgBackupCatalog::FromJson("{\"database\": 1}"));
}

}  // namespace
}  // namespace dbstow::postgres
