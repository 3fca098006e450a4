#include "app/configuration.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>

#include "app/configuration_specs.h"
#include "app/duration_text.h"
#include "support/fakes.h"
#include "support/forwarding_file_system.h"

namespace dbstow::app {
namespace {

/// The only problem of a text, as `message | hint`.
std::string Problem(std::string_view text) {
  const ConfigurationReading reading = ReadConfiguration(text, "c.toml");
  if (reading.problems.size() != 1) return std::to_string(reading.problems.size()) + " problems";
  const Error& error = reading.problems.front();
  EXPECT_EQ(error.code(), ErrorCode::kInvalidOptions);
  return error.message() + " | " + error.hint();
}

constexpr std::string_view kWhole = R"(
[repository]
uri = "file:///srv/backups"
secret = "file:/etc/dbstow/passphrase"

[[instance]]
name = "shop"
uri = "postgres://backup@db1:5433/shop?secret=env:PGPASSWORD&sslmode=require"
version = "15"
tags = ["prod"]

[instances.app]
engine = "sqlite"
database = "/srv/app.db"

[instances.dw]
engine = "postgres"
host = "dw"
port = 5432
database = "dw"
user = "backup"
secret = "exec:/usr/local/bin/secret"
auth = "keypair"
properties = { connect_timeout = 5, sslmode = "require", keepalives = true }

[retention]
keep_last = 7
keep_within = "30d"

[state]
dir = "state"
[audit]
path = "/var/log/audit.jsonl"
[metrics]
textfile = "dbstow.prom"
[log]
level = "warning"
)";

TEST(ConfigurationTest, SaysEverythingThatItsFileSays) {
  const auto [configuration, problems] = ReadConfiguration(kWhole, "/etc/dbstow/dbstow.toml");
  for (const Error& problem : problems) ADD_FAILURE() << problem.ToString();
  EXPECT_EQ(configuration.repository_uri, "file:///srv/backups");
  EXPECT_EQ(configuration.repository_secret.ToString(), "file:/etc/dbstow/passphrase");
  ASSERT_EQ(configuration.instances.size(), 3u);

  const InstanceEntry* shop = configuration.FindInstance("shop");
  ASSERT_NE(shop, nullptr);
  EXPECT_EQ(shop->engine, "postgres");
  EXPECT_EQ(shop->connection.port, 5433);
  EXPECT_EQ(shop->connection.credentials.secret_ref.ToString(), "env:PGPASSWORD");
  EXPECT_EQ(shop->connection.properties.at("sslmode"), "require");
  EXPECT_EQ(shop->tags, std::vector<std::string>{"prod"});

  const InstanceEntry* dw = configuration.FindInstance("dw");
  ASSERT_NE(dw, nullptr);
  EXPECT_EQ(dw->connection.credentials.auth_type, AuthType::kKeyPair);
  EXPECT_EQ(dw->connection.properties.at("connect_timeout"), "5");
  EXPECT_EQ(dw->connection.properties.at("keepalives"), "true");

  EXPECT_EQ(configuration.retention.keep_last, 7u);
  EXPECT_EQ(configuration.retention.keep_within, std::chrono::days(30));
  EXPECT_FALSE(configuration.retention.keep_daily);
  EXPECT_EQ(configuration.state_dir, "/etc/dbstow/state") << "relative to the file";
  EXPECT_EQ(configuration.audit_path, "/var/log/audit.jsonl");
  EXPECT_EQ(configuration.metrics_textfile, "/etc/dbstow/dbstow.prom");
  EXPECT_EQ(configuration.log_level, LogLevel::kWarning);
}

TEST(ConfigurationTest, UnknownWordsAreNamedWithPlaceAndNearest) {
  EXPECT_EQ(Problem("[repositry]\nuri = \"x\"\n"),
            "c.toml:1:2: unknown section 'repositry' | did you mean 'repository'?");
  EXPECT_EQ(Problem("[retention]\n  keep_dayly = 3\n"),
            "c.toml:2:3: unknown key 'keep_dayly' | did you mean 'keep_daily'?");
  EXPECT_EQ(Problem("[log]\nlevel = \"warn\"\n"),
            "c.toml:2:1: unknown level 'warn' | known: debug, info, warning, error");
}

// Whatever the mistake: the words of the secret must not be in what is printed.
TEST(ConfigurationTest, ALiteralSecretIsRefusedAndNeverEchoed) {
  for (const char* text : {
           "[instances.a]\nengine = \"sqlite\"\npassword = \"hunter2\"\n",
           "[instances.a]\nengine = \"sqlite\"\nsecret = \"hunter2\"\n",
           "[instances.a]\nengine = \"sqlite\"\nproperties = { password = \"hunter2\" }\n",
           "[instances.a]\nuri = \"postgres://me:hunter2@db/x\"\n",
           "[repository]\nuri = \"file:///x\"\npassphrase = \"hunter2\"\n",
           "[repository]\nuri = \"file:///x\"\nsecret = \"hunter2\"\n",
           "token = \"hunter2\"\n",
       }) {
    const std::string problem = Problem(text);
    EXPECT_EQ(problem.find("hunter2"), std::string::npos) << problem;
    EXPECT_NE(problem.find("env:"), std::string::npos) << text << " -> " << problem;
    EXPECT_TRUE(problem.starts_with("c.toml:")) << problem;
  }
}

TEST(ConfigurationTest, ASyntaxErrorHasItsPlaceAndNotTheLine) {
  const std::string problem = Problem("[repository]\nsecret = hunter2\n");
  EXPECT_TRUE(problem.starts_with("c.toml:2:")) << problem;
  EXPECT_EQ(problem.find("hunter2"), std::string::npos);
}

TEST(ConfigurationTest, ASyntaxErrorSaysWhatIsWrongAndWhatHelps) {
  const std::string twice =
      Problem("[instances.a]\ndatabase = \"/a\"\n[instances.a]\ndatabase = \"/b\"\n");
  EXPECT_TRUE(twice.starts_with("c.toml:3:")) << twice;
  EXPECT_NE(twice.find("there already"), std::string::npos) << twice;
  EXPECT_EQ(twice.find("quotes"), std::string::npos) << twice;
  const std::string key_twice = Problem("[state]\ndir = \"/a\"\ndir = \"/b\"\n");
  EXPECT_NE(key_twice.find("each key once"), std::string::npos) << key_twice;
  const std::string open = Problem("[log]\npath = \"\"\"x\n");
  EXPECT_NE(open.find("close the quote"), std::string::npos) << open;
  EXPECT_NE(Problem("[log]\npath = x\n").find("double quotes"), std::string::npos);
}

TEST(ConfigurationTest, ContradictionsAndGapsAreSaid) {
  EXPECT_NE(Problem("[repository]\nsecret = \"env:X\"\n").find("needs 'uri'"), std::string::npos);
  EXPECT_NE(Problem("[[instance]]\nuri = \"sqlite:///x\"\n").find("needs 'name'"),
            std::string::npos);
  EXPECT_NE(Problem("[instances.a]\nuri = \"sqlite:///x\"\nhost = \"h\"\n").find("twice"),
            std::string::npos);
  EXPECT_NE(Problem("[instances.a]\nhost = \"h\"\n").find("needs uri or engine"),
            std::string::npos);
  EXPECT_NE(Problem("[instances.\"a b\"]\nengine = \"x\"\n").find("letters"), std::string::npos);
  EXPECT_NE(Problem("[instances.a]\nengine = \"x\"\nport = 70000\n").find("port"),
            std::string::npos);
  EXPECT_NE(Problem("[instances.a]\nengine = \"x\"\n[[instance]]\nname = \"a\"\nengine = \"x\"\n")
                .find("is also at c.toml:"),
            std::string::npos);
  EXPECT_NE(Problem("repository = \"file:///x\"\n").find("[repository] on a line"),
            std::string::npos);
  EXPECT_NE(Problem("[retention]\nkeep_last = -1\n").find("not negative"), std::string::npos);
  EXPECT_NE(Problem("[retention]\nkeep_within = \"500ms\"\n").find("must be at least 1s"),
            std::string::npos);
  EXPECT_NE(Problem("[retention]\nfence_after = \"59m\"\n").find("must be at least 1h"),
            std::string::npos);
  EXPECT_NE(Problem("[retention]\nkeep_within = \"soon\"\n").find("not a duration"),
            std::string::npos);
}

TEST(ConfigurationTest, PartsOfSecondsKeepNoLessThanAskedFor) {
  const auto reading = ReadConfiguration("[retention]\nkeep_within = \"1500ms\"\n", "c.toml");
  EXPECT_EQ(reading.configuration.retention.keep_within, std::chrono::seconds(2));
}

TEST(ConfigurationTest, EveryProblemIsReportedAtOnce) {
  EXPECT_EQ(ReadConfiguration("[a]\n[b]\n[log]\nx = 1\ny = 2\n", "c.toml").problems.size(), 4u);
}

TEST(ConfigurationSearchTest, ExplicitPathsMustExistAndTheOthersAreTriedInOrder) {
  const auto files = io::CreatePosixFileSystem();
  const test::ScratchFolder home;
  const auto missing = FindConfigurationFile(*files, {home / "no", "", "", ""});
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(missing.error().hint().find("leave --config out"), std::string::npos);
  EXPECT_EQ(FindConfigurationFile(*files, {"", home / "no", "", ""}).error().code(),
            ErrorCode::kNotFound);
  ASSERT_TRUE(files->CreateDirectories(home / ".config/dbstow"));
  std::ofstream(home / ".config/dbstow/dbstow.toml") << "";
  EXPECT_EQ(FindConfigurationFile(*files, {"", "", home.path(), ""})->file,
            home / ".config/dbstow/dbstow.toml");
  std::ofstream(home / "mine.toml") << "";
  EXPECT_EQ(FindConfigurationFile(*files, {home / "mine.toml", "", home.path(), ""})->file,
            home / "mine.toml");
}

/// Nobody may look into this folder.
class ClosedFolder final : public test::ForwardingFileSystem {
 public:
  ClosedFolder(io::FileSystem& files, std::string folder)
      : ForwardingFileSystem(files), folder_(std::move(folder)) {}
  Result<io::FileInfo> Stat(const std::string& path) override {
    if (path.starts_with(folder_)) return io::ErrnoError(EACCES, "cannot look at", path);
    return ForwardingFileSystem::Stat(path);
  }

 private:
  const std::string folder_;
};

TEST(ConfigurationSearchTest, APlaceThatCannotBeLookedAtIsNotTakenForAnEmptyOne) {
  const auto real = io::CreatePosixFileSystem();
  const test::ScratchFolder home;
  ClosedFolder files(*real, home / "closed");
  const auto named = FindConfigurationFile(files, {home / "closed/mine.toml", "", "", ""});
  ASSERT_FALSE(named);
  EXPECT_EQ(named.error().code(), ErrorCode::kPermissionDenied) << named.error().ToString();
  const auto usual = FindConfigurationFile(files, {"", "", home / "closed", ""});
  ASSERT_TRUE(usual) << usual.error().ToString();
  ASSERT_EQ(usual->unseen.size(), 1u);
  EXPECT_NE(usual->unseen.front().message().find(home / "closed/.config"), std::string::npos);
  std::ofstream(home / "file") << "";
  EXPECT_TRUE(FindConfigurationFile(files, {"", "", home / "file", ""})->unseen.empty());
}

TEST(ConfigurationSchemaTest, ThePublishedSchemaIsTheOneOfTheSpecs) {
  std::ifstream file(DBSTOW_SOURCE_DIR "/docs/dbstow.schema.json");
  const std::string published((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(published, ConfigurationSchema())
      << "run: dbstow config schema > docs/dbstow.schema.json";
}

TEST(ConfigurationSchemaTest, RefusesTheNamesAndPortsThatTheReaderRefuses) {
  const std::string schema = ConfigurationSchema();
  EXPECT_NE(schema.find("\"maximum\": 65535"), std::string::npos);
  EXPECT_NE(schema.find("\"propertyNames\""), std::string::npos);
  EXPECT_NE(Problem("[instances.a]\nengine = \"x\"\nport = 0\n").find("port"), std::string::npos);
}

TEST(DurationTest, ReadsSumsOfUnits) {
  using std::chrono::milliseconds;
  EXPECT_EQ(*ParseDuration("90s"), milliseconds(90'000));
  EXPECT_EQ(*ParseDuration("1h30m"), milliseconds(5'400'000));
  EXPECT_EQ(*ParseDuration("250ms"), milliseconds(250));
  EXPECT_EQ(*ParseDuration("2w"), std::chrono::days(14));
  for (const char* wrong : {"", "0s", "5", "s", "-5s", "5x", "99999999w", "1h30", "1 h"}) {
    EXPECT_EQ(ParseDuration(wrong).error().code(), ErrorCode::kInvalidOptions) << wrong;
  }
}

}  // namespace
}  // namespace dbstow::app
