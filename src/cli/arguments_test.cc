#include "cli/arguments.h"

#include <gtest/gtest.h>

#include <set>

#include "cli/completion.h"

namespace dbstow::cli {
namespace {

using Words = std::vector<std::string>;

Arguments Parse(const Words& words) {
  auto parsed = ParseArguments(words);
  EXPECT_TRUE(parsed) << parsed.error().ToString();
  EXPECT_TRUE(parsed->arguments) << parsed->text;
  return *parsed->arguments;
}

Error Refused(const Words& words) {
  const auto parsed = ParseArguments(words);
  EXPECT_FALSE(parsed) << ::testing::PrintToString(words);
  EXPECT_EQ(parsed.error().code(), ErrorCode::kInvalidOptions);
  EXPECT_FALSE(parsed.error().hint().empty()) << parsed.error().message();
  return parsed.error();
}

TEST(ArgumentsTest, ReadsTheFixedForms) {
  const Arguments restore =
      Parse({"restore", "shop", "--from", "latest", "--target", "shop2", "--at",
             "2026-11-23T22:30:00Z", "--overwrite", "--map", "schema:a=b", "--map", "x=y=z"});
  EXPECT_EQ(restore.command, "restore");
  EXPECT_EQ(restore.instance, "shop");
  EXPECT_EQ(restore.from, "latest");
  EXPECT_EQ(restore.target, "shop2");
  EXPECT_TRUE(restore.overwrite);
  EXPECT_EQ(restore.mapping, (StringMap{{"schema:a", "b"}, {"x", "y=z"}}));

  const Arguments backup = Parse(
      {"backup", "shop", "--type", "logical", "--to", "d", "--include-logs", "--set", "jobs=4"});
  EXPECT_EQ(backup.type, "logical");
  EXPECT_TRUE(backup.include_logs);
  EXPECT_EQ(backup.settings.at("jobs"), "4");

  EXPECT_TRUE(Parse({"clone", "a", "--target", "b", "--no-zero-copy"}).no_zero_copy);
  EXPECT_EQ(Parse({"verify", "latest", "--level", "3"}).level, 3);
  EXPECT_EQ(Parse({"audit", "verify"}).command, "audit verify");
  EXPECT_EQ(Parse({"key", "remove", "k1"}).word, "k1");
}

TEST(ArgumentsTest, GlobalFlagsStandAnywhere) {
  for (const Words& words :
       std::vector<Words>{{"--repo", "file:///r", "--json", "--timeout", "90s", "backups"},
                          {"backups", "--repo", "file:///r", "--timeout", "90s", "--json"}}) {
    const Arguments arguments = Parse(words);
    EXPECT_EQ(arguments.repository, "file:///r");
    EXPECT_TRUE(arguments.json);
    EXPECT_EQ(arguments.timeout, std::chrono::seconds(90));
  }
}

TEST(ArgumentsTest, MistakesNameTheNearestOrTheHelp) {
  EXPECT_EQ(Refused({"bakup", "x"}).hint(), "did you mean 'backup'?");
  EXPECT_EQ(Refused({}).hint(), "dbstow --help");
  EXPECT_EQ(Refused({"backup"}).hint(), "dbstow backup --help");
  EXPECT_EQ(Refused({"--log-level", "warm", "backups"}).hint(),
            "known: debug, info, warning, error");
  Refused({"backup", "x", "--tpye", "full"});
  Refused({"backup", "x", "--set", "novalue"});
  Refused({"backup", "x", "--set", "a=1", "--set", "a=2"});
  Refused({"verify", "latest", "--level", "4"});
  Refused({"backups", "--timeout", "soon"});
  Refused({"audit"});
}

TEST(ArgumentsTest, HelpAndVersionAreTexts) {
  EXPECT_NE(ParseArguments({"--help"})->text.find("restore"), std::string::npos);
  EXPECT_NE(ParseArguments({"restore", "--help"})->text.find("--overwrite"), std::string::npos);
  EXPECT_TRUE(ParseArguments({"--version"})->text.starts_with("dbstow "));
}

TEST(CompletionTest, KnowsEveryCommandAndFlag) {
  std::set<std::string> names;
  for (const CommandDescription& each : DescribeCommands()) names.insert(each.name);
  for (const char* name :
       {"init",         "instances",  "inspect",    "backup",      "restore",       "clone",
        "backups",      "show",       "verify",     "export",      "compare",       "prune",
        "audit verify", "doctor",     "completion", "config lint", "config schema", "key add",
        "key remove",   "key rotate", "engines",    "help"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
  EXPECT_FALSE(names.contains("complete-names"));
  EXPECT_NE(CompletionScript("fish")->find("-l overwrite"), std::string::npos);
  EXPECT_EQ(CompletionScript("tcsh").error().code(), ErrorCode::kInvalidOptions);
}

}  // namespace
}  // namespace dbstow::cli
