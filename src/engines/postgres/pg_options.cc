#include "engines/postgres/pg_options.h"

#include <algorithm>
#include <charconv>
#include <thread>

#include "engines/postgres/pg_clone.h"
#include "engines/postgres/pg_mapping.h"

namespace dbstow::postgres {
namespace {

OptionSpec Jobs() {
  return {"jobs",
          OptionSpec::Kind::kInteger,
          {},
          "",
          "connections that copy at once (default: processors, at most 4)"};
}

Result<std::int64_t> IntegerOr(const StringMap& given, const std::string& key,
                               std::int64_t fallback, std::int64_t low, std::int64_t high) {
  const auto found = given.find(key);
  if (found == given.end()) return fallback;
  std::int64_t value = 0;
  const std::string& text = found->second;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value < low || value > high) {
    return Error(ErrorCode::kInvalidOptions, "option '" + key + "' cannot be '" + text + "'")
        .WithHint("allowed: " + std::to_string(low) + " to " + std::to_string(high));
  }
  return value;
}

int DefaultJobs() {
  return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, 4u));
}

}  // namespace

std::vector<OptionSpec> BackupExtras() {
  using enum OptionSpec::Kind;
  return {
      Jobs(),
      {"copyFormat",
       kChoice,
       {"auto", "text", "binary"},
       "auto",
       "how rows travel: binary is faster, text fits every type; auto chooses per table"},
      {"splitMegabytes", kInteger, {}, "64", "tables are read in parts of about this size"},
      {"lockTimeoutMs",
       kInteger,
       {},
       "5000",
       "how long to wait for the (weakest) lock on a table before giving up"},
  };
}

std::vector<OptionSpec> RestoreMappings() {
  std::vector<OptionSpec> specs = MappingSpecs();
  specs.push_back(Jobs());
  specs.push_back({"analyze",
                   OptionSpec::Kind::kBoolean,
                   {},
                   "true",
                   "collect the planner's statistics before the database is handed over"});
  specs.push_back(
      {"incomplete",
       OptionSpec::Kind::kChoice,
       {"beside", "replace"},
       "beside",
       "where the rows go that --overwrite was to bring when an index, key, trigger or "
       "refresh fails: into a database beside the old one, or in its place all the same"});
  return specs;
}
std::vector<OptionSpec> CloneExtras() {
  std::vector<OptionSpec> specs = CloneSpecs();
  for (OptionSpec& copying : BackupExtras()) specs.push_back(std::move(copying));
  return specs;
}

Result<DumpOptions> DumpOptions::FromExtra(const StringMap& extra) {
  DBSTOW_TRY(CheckOptions("option", extra, BackupExtras()));
  DumpOptions options;
  DBSTOW_ASSIGN(const std::int64_t jobs, IntegerOr(extra, "jobs", DefaultJobs(), 1, 64));
  DBSTOW_ASSIGN(const std::int64_t split, IntegerOr(extra, "splitMegabytes", 64, 1, 1 << 20));
  DBSTOW_ASSIGN(const std::int64_t wait, IntegerOr(extra, "lockTimeoutMs", 5000, 1, 3'600'000));
  options.jobs = static_cast<int>(jobs);
  options.split_bytes = static_cast<std::uint64_t>(split) << 20;
  options.lock_timeout_ms = static_cast<int>(wait);
  if (const auto found = extra.find("copyFormat"); found != extra.end()) {
    options.format = found->second == "text"     ? CopyFormat::kText
                     : found->second == "binary" ? CopyFormat::kBinary
                                                 : CopyFormat::kAuto;
  }
  return options;
}

Result<RestoreSettings> RestoreSettings::FromMapping(const StringMap& mapping) {
  DBSTOW_TRY(CheckOptions("mapping", mapping, RestoreMappings()));
  RestoreSettings settings;
  DBSTOW_ASSIGN(const std::int64_t jobs, IntegerOr(mapping, "jobs", DefaultJobs(), 1, 64));
  settings.jobs = static_cast<int>(jobs);
  const auto analyze = mapping.find("analyze");
  settings.analyze = analyze == mapping.end() || analyze->second != "false";
  const auto incomplete = mapping.find("incomplete");
  if (incomplete != mapping.end() && incomplete->second == "replace") {
    settings.incomplete = Incomplete::kReplace;
  }
  return settings;
}

}  // namespace dbstow::postgres
