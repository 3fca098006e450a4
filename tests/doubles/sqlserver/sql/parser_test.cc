#include "doubles/sqlserver/sql/parser.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace dbstow::doubles::sqlserver {
namespace {

class Accepted : public testing::TestWithParam<std::string> {};

TEST_P(Accepted, ByTheGrammar) {
  const auto parsed = ParseBatch(GetParam());
  EXPECT_TRUE(parsed.has_value()) << parsed.error().number << " " << parsed.error().text;
}

INSTANTIATE_TEST_SUITE_P(
    Statements, Accepted,
    testing::Values(
        "BACKUP DATABASE [a]]b] TO DISK = N'x' WITH FORMAT, COMPRESSION, STATS = 5",
        "BACKUP DATABASE @d TO DISK = @f, DISK = @g WITH COMPRESSION (ALGORITHM = ZSTD, LEVEL = "
        "LOW)",
        "BACKUP LOG d TO URL = 's3://h/b/k' WITH NORECOVERY, MAXTRANSFERSIZE = 20971520",
        "BACKUP DATABASE d READ_WRITE_FILEGROUPS, FILEGROUP = 'g' TO DISK = 'x'",
        "BACKUP DATABASE d FILE = 'f', FILEGROUP = @g TO DISK = 'x' WITH DIFFERENTIAL",
        "RESTORE DATABASE d FILE = 'f', READ_WRITE_FILEGROUPS FROM DISK = 'x' WITH PARTIAL",
        "ALTER DATABASE d MODIFY FILEGROUP g READ_ONLY",
        "BACKUP DATABASE d TO DISK = 'a' MIRROR TO DISK = 'b' WITH FORMAT",
        "BACKUP DATABASE d TO DISK = 'x' WITH ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE "
        "= "
        "[c])",
        "RESTORE DATABASE d FROM DISK = 'x' WITH FILE = 2, MOVE 'a' TO 'b', NORECOVERY, REPLACE",
        "RESTORE LOG d FROM DISK = 'x' WITH STOPATMARK = 'm' AFTER '2026-01-01', STANDBY = 'u'",
        "CREATE DATABASE s ON (NAME = a, FILENAME = 'b'), (NAME = c, FILENAME = 'd') AS SNAPSHOT "
        "OF d",
        "RESTORE DATABASE d FROM DATABASE_SNAPSHOT = 's'", "RESTORE DATABASE d WITH RECOVERY",
        "RESTORE HEADERONLY FROM DISK = 'x' WITH FILE = 1",
        "RESTORE DATABASE d PAGE = '1:57' FROM DISK = 'x'",
        "DBCC CLONEDATABASE ([a], b) WITH NO_STATISTICS, VERIFY_CLONEDB",
        "ALTER DATABASE d SET SINGLE_USER WITH ROLLBACK IMMEDIATE",
        "SELECT TOP (3) a.b, COUNT(*) AS n FROM x.y.z a LEFT JOIN q ON q.i = a.i WHERE a.c LIKE "
        "'%x' AND NOT EXISTS (SELECT 1) GROUP BY a.b HAVING COUNT(*) > 1 ORDER BY n DESC",
        "IF DB_ID(N'x') IS NULL BEGIN SELECT 1; SELECT 2 END ELSE SELECT 3",
        "DECLARE @a int = 1, @b nvarchar(max); SET @a = @a + 1",
        "CREATE LOGIN [l] WITH PASSWORD = 'p', CHECK_POLICY = OFF; GRANT VIEW SERVER STATE TO [l]",
        "CREATE CREDENTIAL [s3://h/b] WITH IDENTITY = 'S3 Access Key', SECRET = 'a:b'",
        "/* a /* nested */ comment */ SELECT N'it''s' -- end"));

class Refused : public testing::TestWithParam<std::pair<std::string, int>> {};

TEST_P(Refused, WithTheServersNumber) {
  const auto parsed = ParseBatch(GetParam().first);
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(parsed.error().number, GetParam().second) << parsed.error().text;
  EXPECT_GT(parsed.error().line, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Statements, Refused,
    testing::Values(std::pair("SELECT 'open", 105), std::pair("SELECT /* open", 113),
                    std::pair("SELECT FROM x", 156), std::pair("SELECT 1, 2 3", 102),
                    std::pair("BACKUP DATABASE d", 102), std::pair("BACKUP d TO DISK = 'x'", 102),
                    std::pair("BACKUP LOG d FILEGROUP = 'g' TO DISK = 'x'", 102),
                    std::pair("BACKUP DATABASE d FILEGROUP = 'g', READ_WRITE_FILEGROUPS TO DISK = "
                              "'x'",
                              102),
                    std::pair("BACKUP DATABASE d PAGE = '1:1' TO DISK = 'x'", 102),
                    std::pair("ALTER DATABASE d MODIFY FILEGROUP g", 102),
                    std::pair("BACKUP DATABASE d TO DISK = 'x' WITH NOTHING", 155),
                    std::pair("RESTORE DATABASE d FROM DISK 'x'", 102),
                    std::pair("RESTORE DATABASE d FROM DISK = 'x' WITH DIFFERENTIAL", 155),
                    std::pair("SELECT 1 WITH x", 319),
                    std::pair("WITH x AS (SELECT 1) SELECT 1", 319),
                    std::pair("MERGE INTO x", 40510), std::pair("CREATE INDEX i ON t (c)", 40510),
                    std::pair("CREATE TABLE t (a nothing)", 2715),
                    std::pair("SELECT 1 WHERE 1", 4145),
                    std::pair("SELECT [" + std::string(129, 'x') + "]", 103)));

TEST(Parser, IsNotBroughtDownByDepth) {
  EXPECT_FALSE(ParseBatch("SELECT " + std::string(100000, '(')).has_value());
  EXPECT_FALSE(ParseBatch("SELECT " + std::string(100000, '-')).has_value());
  std::string nots = "SELECT 1 WHERE ";
  for (int i = 0; i < 100000; ++i) nots += "NOT ";
  EXPECT_FALSE(ParseBatch(nots).has_value());
}

}  // namespace
}  // namespace dbstow::doubles::sqlserver
