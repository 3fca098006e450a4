#include "engines/postgres/pg_export_toc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dbstow::postgres {
namespace {

using testing::ElementsAre;

PgArchiveEntry Entry(std::int32_t id, const char* desc, const std::string& schema,
                     const std::string& tag, std::vector<std::int32_t> dependencies) {
  PgArchiveEntry entry;
  entry.dump_id = id;
  entry.desc = desc;
  entry.tag = tag;
  entry.namespace_name = schema;
  entry.dependencies = std::move(dependencies);
  return entry;
}

TEST(ExportToc, GrantsInASchemaWaitForThoseOfTheSchema) {
  PgArchive archive;
  archive.entries = {Entry(1, "SCHEMA", "", "odd name", {}),
                     Entry(2, "TABLE", "odd name", "t", {1}),
                     Entry(3, "TABLE", "public", "u", {}),
                     Entry(10, "ACL", "", "SCHEMA \"odd name\"", {1}),
                     Entry(11, "ACL", "odd name", "TABLE t", {2}),
                     Entry(12, "ACL", "public", "TABLE u", {3})};
  std::vector<ExportTable> tables;
  AddDataEntries({}, tables, archive);
  ASSERT_EQ(archive.entries.size(), 6u);
  EXPECT_THAT(archive.entries[3].dependencies, ElementsAre(1));
  EXPECT_THAT(archive.entries[4].dependencies, ElementsAre(2, 10));
  EXPECT_THAT(archive.entries[5].dependencies, ElementsAre(3));
}

}  // namespace
}  // namespace dbstow::postgres
