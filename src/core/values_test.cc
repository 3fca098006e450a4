#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "dbstow/core/connection_info.h"
#include "dbstow/core/engine_registry.h"
#include "dbstow/core/interfaces.h"
#include "support/fakes.h"

namespace dbstow {
namespace {

using ::testing::HasSubstr;

TEST(ErrorCodes, EveryNameIsUniqueAndFindsItsCode) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(ErrorCode::kInternal); ++i) {
    const ErrorCodeInfo& info = Describe(static_cast<ErrorCode>(i));
    EXPECT_EQ(info.code, static_cast<ErrorCode>(i));
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_EQ(ErrorCodeFromName(info.name), info.code);
    EXPECT_FALSE(info.meaning.empty());
  }
  EXPECT_EQ(ErrorCodeFromName("NoSuchName"), std::nullopt);
}

TEST(Error, TellsTheWholeChain) {
  const Error error = Error(ErrorCode::kIoError, "cannot write x")
                          .WithNative({"errno", "28", "No space left on device"})
                          .WithHint("free some space")
                          .WithCause(Error(ErrorCode::kOutOfSpace, "disk full"));
  EXPECT_EQ(error.ToString(),
            "IOError: cannot write x [errno 28: No space left on device] (free some space); "
            "because OutOfSpace: disk full");
}

TEST(UnknownWord, NamesTheNearest) {
  EXPECT_EQ(UnknownWord("option", "comression", {"compression", "threads"}).hint(),
            "did you mean 'compression'?");
  EXPECT_THAT(UnknownWord("option", "zzzzzzzz", {"compression", "threads"}).hint(),
              HasSubstr("compression, threads"));
}

TEST(DatabaseEngine, RefusesWhatIsNotAnId) {
  for (std::string_view bad : {"", "Sqlite", "1st", "a b", "x/y"}) {
    EXPECT_FALSE(DatabaseEngine::Create(bad)) << bad;
  }
  EXPECT_EQ(DatabaseEngine::Create("my-engine_2")->id(), "my-engine_2");
}

TEST(SecretRef, NeverEchoesWhatMayBeAPassword) {
  const auto ref = SecretRef::Parse("hunter2");
  ASSERT_FALSE(ref);
  EXPECT_THAT(ref.error().ToString(), Not(HasSubstr("hunter2")));
  EXPECT_EQ(SecretRef::Parse("exec:/bin/get a:b")->key, "/bin/get a:b");
}

TEST(SecretString, IsEmptyOnceMovedFrom) {
  SecretString secret("short");
  const SecretString other = std::move(secret);
  EXPECT_EQ(other.Reveal(), "short");
  EXPECT_TRUE(secret.empty());  // NOLINT(bugprone-use-after-move): that is the point
}

TEST(InstanceUri, ReadsEveryPart) {
  const auto uri = InstanceUri::Parse(
      "postgres://ali%40ce@db.example:5433/my%20shop?sslmode=require&secret=env:PW");
  ASSERT_TRUE(uri) << uri.error().ToString();
  EXPECT_EQ(uri->engine, "postgres");
  EXPECT_EQ(uri->connection.host, "db.example");
  EXPECT_EQ(uri->connection.port, 5433);
  EXPECT_EQ(uri->connection.database, "my shop");
  EXPECT_EQ(uri->connection.credentials.username, "ali@ce");
  EXPECT_EQ(uri->connection.credentials.secret_ref.ToString(), "env:PW");
  EXPECT_EQ(uri->connection.properties.at("sslmode"), "require");
}

TEST(InstanceUri, KeepsTheLeadingSlashOfAPath) {
  EXPECT_EQ(InstanceUri::Parse("sqlite:///srv/app.db")->connection.database, "/srv/app.db");
  EXPECT_EQ(InstanceUri::Parse("postgres://[::1]:5432/db")->connection.host, "::1");
}

TEST(InstanceUri, RefusesAPasswordWithoutShowingIt) {
  for (std::string_view text :
       {"postgres://u:hunter2@h/db", "postgres://u@h/db?password=hunter2"}) {
    const auto uri = InstanceUri::Parse(text);
    ASSERT_FALSE(uri);
    EXPECT_EQ(uri.error().code(), ErrorCode::kInvalidOptions);
    EXPECT_THAT(uri.error().ToString(), Not(HasSubstr("hunter2")));
    EXPECT_THAT(uri.error().hint(), HasSubstr("secret=env:"));
  }
}

TEST(InstanceUri, RefusesToChooseBetweenTwoOfOneParameter) {
  for (const std::string name : {"secret", "auth", "sslmode"}) {
    const std::string value = name == "auth" ? "password" : "env:PW";
    const auto uri =
        InstanceUri::Parse("postgres://h/db?" + name + "=" + value + "&x=1&" + name + "=" + value);
    ASSERT_FALSE(uri) << name;
    EXPECT_EQ(uri.error().code(), ErrorCode::kInvalidOptions);
    EXPECT_THAT(uri.error().message(), HasSubstr("'" + name + "' twice"));
  }
}

TEST(Time, NeedsAZone) {
  EXPECT_EQ(FormatTime(*ParseTime("2026-11-23T23:30:00.5+01:00")), "2026-11-23T22:30:00.500000Z");
  for (std::string_view bad : {"2026-11-23T22:30:00", "2026-02-30T00:00:00Z", "yesterday", ""}) {
    EXPECT_FALSE(ParseTime(bad)) << bad;
  }
}

TEST(Time, IsWrittenAsItCanBeReadAgain) {
  for (const TimePoint extreme : {TimePoint::min(), TimePoint::max(), TimePoint()}) {
    const std::string text = FormatTime(extreme);
    const auto read = ParseTime(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(FormatTime(*read), text);
  }
  EXPECT_EQ(FormatTime(TimePoint::max()), "9999-12-31T23:59:59.999999Z");
}

// A system call or a server would take the text up to there, and so another path or name.
TEST(Options, RefuseZeroBytes) {
  const std::string cut("a\0b", 3);
  const std::vector<OptionSpec> known = {{.key = "text"}, {.key = "schema:*"}};
  for (const Result<void>& refused :
       {BackupOptions{.destination = cut}.Validate(),
        RestoreOptions{.source = "latest", .target_name = cut}.Validate(),
        RestoreOptions{.source = cut, .target_name = "a"}.Validate(),
        CloneOptions{.target_name = cut}.Validate(), SecretRef{"file", cut}.Validate(),
        ConnectionInfo{.database = cut}.Validate(), CheckOptions("option", {{"text", cut}}, known),
        CheckOptions("mapping", {{"schema:" + cut, "x"}}, known)}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidOptions);
  }
}

TEST(BackupOptions, RefuseATypeThatIsNone) {
  const auto refused = BackupOptions{.type = static_cast<BackupType>(99)}.Validate();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("99"));
}

TEST(CheckOptions, UnknownKeyNamesTheNearest) {
  const std::vector<OptionSpec> known = {
      {.key = "strategy", .kind = OptionSpec::Kind::kChoice, .choices = {"auto", "stream"}},
      {.key = "schema:*"},
      {.key = "jobs", .kind = OptionSpec::Kind::kInteger}};
  EXPECT_TRUE(CheckOptions("option", {{"strategy", "auto"}, {"schema:app", "x"}}, known));
  EXPECT_THAT(CheckOptions("option", {{"stratgy", "auto"}}, known).error().hint(),
              HasSubstr("strategy"));
  EXPECT_THAT(CheckOptions("option", {{"strategy", "fast"}}, known).error().hint(),
              HasSubstr("auto, stream"));
  EXPECT_FALSE(CheckOptions("option", {{"jobs", "2x"}}, known));
  EXPECT_FALSE(CheckOptions("option", {{"schema:", "x"}}, known));
}

TEST(CapabilitySet, WhatHidesItNowMayPass) {
  CapabilitySet set;
  set.Deny("backup", Error(ErrorCode::kConflict, "it is locked").WithRetry(Retry::kTransient));
  const auto refused = set.Require("backup");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kConflict);
  EXPECT_EQ(refused.error().retry(), Retry::kTransient);
}

TEST(CapabilitySet, SaysWhyNot) {
  CapabilitySet set;
  set.Allow("backup").Deny("backup.log", "recovery model is SIMPLE", "ALTER DATABASE …");
  EXPECT_TRUE(set.Contains("backup"));
  EXPECT_FALSE(set.Contains("backup.log"));
  const auto refused = set.Require("backup.log");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnsupportedCapability);
  EXPECT_THAT(refused.error().message(), HasSubstr("recovery model is SIMPLE"));
  EXPECT_EQ(refused.error().hint(), "ALTER DATABASE …");
  set.Deny("clone", Error(ErrorCode::kNotFound, "no file '/x'"));
  EXPECT_EQ(set.Require("clone").error().code(), ErrorCode::kNotFound);
}

/// A server of one version.
class VersionedInstance final : public DatabaseInstance {
 public:
  VersionedInstance(std::string claimed, std::string found)
      : DatabaseInstance(DatabaseEngine("x"), "db", std::move(claimed), {}, {}),
        found_(std::move(found)) {}

 protected:
  Result<InstanceState> Probe(OperationContext&) override {
    return InstanceState{.version = found_};
  }

 private:
  std::string found_;
};

TEST(EngineRegistry, ADescriptorThatMakesNothingIsNamed) {
  EngineRegistry engines;
  ASSERT_TRUE(engines.Register({.engine = DatabaseEngine("half")}));
  const auto made = engines.Create({DatabaseEngine("half"), "a", "", {}});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), ErrorCode::kUnsupportedCapability);
}

TEST(DatabaseInstance, AnotherVersionThanTheConfiguredOneIsAWarning) {
  test::TestContext test;
  const auto warnings = [&](const char* claimed, const char* found) {
    VersionedInstance instance(claimed, found);
    EXPECT_TRUE(instance.Refresh(test.context));
    EXPECT_EQ(instance.version(), found);
    return instance.state().warnings;
  };
  for (const char* same : {"", "15", "15.x", "15.6", "15.6 (Debian)"}) {
    EXPECT_TRUE(warnings(same, "15.6 (Debian)").empty()) << same;
  }
  for (const char* other : {"14", "15.7", "1", "16.x"}) {
    const auto told = warnings(other, "15.6 (Debian)");
    ASSERT_EQ(told.size(), 1u) << other;
    EXPECT_NE(told.front().find(std::string("says version ") + other), std::string::npos);
    EXPECT_NE(told.front().find("15.6 (Debian)"), std::string::npos);
  }
}

/// An engine with something to find that takes long.
class DeepInstance final : public DatabaseInstance {
 public:
  DeepInstance() : DatabaseInstance(DatabaseEngine("x"), "db", "", {}, {}) {}

 protected:
  Result<InstanceState> Probe(OperationContext&) override { return InstanceState{}; }
  Result<void> Examine(InstanceState& state, OperationContext&) override {
    state.attributes["integrity"] = "ok";
    return {};
  }
};

TEST(DatabaseInstance, OnlyAThoroughLookExamines) {
  test::TestContext test;
  DeepInstance instance;
  ASSERT_TRUE(instance.Refresh(test.context));
  EXPECT_FALSE(instance.attributes().contains("integrity"));
  ASSERT_TRUE(instance.Refresh(test.context, Look::kThorough));
  EXPECT_EQ(instance.attributes().at("integrity"), "ok");
}

TEST(CompareFingerprints, NamesEveryDifference) {
  const ContentFingerprint a{"a", "m", 1, "x"};
  const ContentFingerprint b{"b", "m", 2, "y"};
  EXPECT_TRUE(CompareFingerprints({a, b}, {b, a}).empty());
  EXPECT_EQ(CompareFingerprints({a}, {b}).size(), 2u);
  EXPECT_EQ(CompareFingerprints({a}, {{"a", "m", 1, "z"}}).size(), 1u);
}

// Its name stands for something that is there and could not be read, on whichever side.
TEST(CompareFingerprints, WhatHasNoDigestIsNotCompared) {
  const ContentFingerprint read{"t", "m", 5, "x"};
  const ContentFingerprint unread{"t", "unreadable", 0, ""};
  EXPECT_TRUE(CompareFingerprints({read}, {unread}).empty());
  EXPECT_TRUE(CompareFingerprints({unread}, {read}).empty());
  EXPECT_TRUE(CompareFingerprints({}, {unread}).empty());
  EXPECT_EQ(CompareFingerprints({unread, {"u", "m", 1, "a"}}, {unread}).size(), 1u);
}

// A backup of before has none; another version of a server spells them otherwise.
TEST(CompareFingerprints, DefinitionsAreComparedWhereBothSidesHaveTheMethod) {
  const ContentFingerprint rows{"t", "m", 5, "x"};
  const ContentFingerprint views{"views", "definitions-1", 2, "v"};
  const ContentFingerprint less{"views", "definitions-1", 1, "w"};
  const ContentFingerprint other{"sequences", "definitions-1", 1, "s"};
  EXPECT_TRUE(CompareFingerprints({rows}, {rows, views}).empty());
  EXPECT_TRUE(CompareFingerprints({rows, views}, {rows}).empty());
  EXPECT_TRUE(CompareFingerprints({{"e", "definitions-1/spelling 15", 1, "a"}},
                                  {{"e", "definitions-1/spelling 16", 1, "b"}})
                  .empty());
  EXPECT_EQ(CompareFingerprints({rows, views, other}, {rows, other}).size(), 1u);
  EXPECT_THAT(
      CompareFingerprints({views}, {less}),
      ::testing::ElementsAre(HasSubstr("expected 2 definitions, definitions-1 v, found 1")));
  EXPECT_EQ(CountRows({rows, views}), 5u);
}

TEST(TraceId, IsTakenFromTraceparentOrRefused) {
  const auto id =
      TraceId::FromTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->hex(), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_FALSE(TraceId::FromTraceparent(""));
  EXPECT_FALSE(TraceId::FromTraceparent("00-00000000000000000000000000000000-00f067aa0ba902b7-01"));
}

TEST(OperationContext, KnowsWhenToStop) {
  test::TestContext harness;
  EXPECT_TRUE(harness.context.CheckAlive("testing"));
  harness.context.deadline = Deadline::After(harness.clock, std::chrono::seconds(1));
  harness.clock.Advance(std::chrono::seconds(2));
  EXPECT_EQ(harness.context.CheckAlive("testing").error().code(), ErrorCode::kTimeout);
  std::stop_source source;
  harness.context.stop = source.get_token();
  source.request_stop();
  EXPECT_EQ(harness.context.CheckAlive("testing").error().code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace dbstow
