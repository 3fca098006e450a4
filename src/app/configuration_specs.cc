#include "app/configuration_specs.h"

namespace dbstow::app {
namespace {

using Kind = ConfigKey::Kind;
using Form = ConfigSection::Form;

std::vector<ConfigKey> InstanceKeys() {
  return {
      {"uri", Kind::kText,
       "engine://user@host:port/database?property=value, in place of the keys below"},
      {"engine", Kind::kText, "the kind of database; `dbstow engines` lists them"},
      {"host", Kind::kText, "where the server is"},
      {"port", Kind::kPort, "its port; the engine's default when left out"},
      {"database", Kind::kText, "the database's name, or the path of its file"},
      {"user", Kind::kText, "who logs in"},
      {"secret", Kind::kSecretRef, "where the password, key or token is kept"},
      {"auth", Kind::kChoice, "how to log in", {"password", "keypair", "oauth"}},
      {"properties", Kind::kTextTable,
       "engine-specific properties; `dbstow engines NAME` lists them"},
      {"version", Kind::kText, "the version it should have; a different one is a warning"},
      {"tags", Kind::kTextList, "words to find it by"},
  };
}

std::vector<ConfigKey> NamedInstanceKeys() {
  std::vector<ConfigKey> keys = InstanceKeys();
  keys.insert(keys.begin(), {"name",
                             Kind::kName,
                             "the name to use on the command line and as chain in the repository",
                             {},
                             true});
  return keys;
}

}  // namespace

std::vector<ConfigSection> ConfigurationSections() {
  return {
      {"repository",
       Form::kTable,
       "where backups are kept",
       {{"uri", Kind::kText, "file:///path/to/folder", {}, true},
        {"secret", Kind::kSecretRef,
         "where its passphrase is kept; DBSTOW_PASSPHRASE or --repo-secret stand in for it"}}},
      {"instance", Form::kTableList, "a database to work on", NamedInstanceKeys()},
      {"instances", Form::kNamedTables, "a database to work on, by name", InstanceKeys()},
      {"retention",
       Form::kTable,
       "which backups prune keeps: those that any rule wants; without a rule, all",
       {{"keep_last", Kind::kInteger, "the newest N"},
        {"keep_daily", Kind::kInteger, "the newest of each of the last N days that have one"},
        {"keep_weekly", Kind::kInteger, "the newest of each of the last N weeks that have one"},
        {"keep_monthly", Kind::kInteger, "the newest of each of the last N months that have one"},
        {"keep_yearly", Kind::kInteger, "the newest of each of the last N years that have one"},
        {"keep_within", Kind::kDuration, "all that are younger than this"},
        {"floor_verified", Kind::kInteger,
         "the newest N verified backups stay whatever the rules say (2)"},
        {"fence_after",
         Kind::kDuration,
         "a backup or restore that began this long ago and never ended is taken for dead (7d; at "
         "least 1h)",
         {},
         false,
         "1h"}}},
      {"state",
       Form::kTable,
       "where dbstow remembers what it did",
       {{"dir", Kind::kPath, "a folder; /var/lib/dbstow for root, else ~/.local/state/dbstow"}}},
      {"audit",
       Form::kTable,
       "the record of who did what, when, where",
       {{"path", Kind::kPath, "a file of JSON lines; audit.jsonl in the state folder"}}},
      {"metrics",
       Form::kTable,
       "numbers for Prometheus",
       {{"textfile", Kind::kPath, "a file for the textfile collector of node_exporter"}}},
      {"log",
       Form::kTable,
       "what is said while working",
       {{"level",
         Kind::kChoice,
         "the least severe level to log",
         {"debug", "info", "warning", "error"}},
        {"path", Kind::kPath, "a file of JSON lines, beside what standard error shows"}}},
  };
}

}  // namespace dbstow::app
