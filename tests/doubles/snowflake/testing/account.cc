#include "doubles/snowflake/testing/account.h"

#include <cstdlib>

#include "doubles/snowflake/sql/parser.h"
#include "doubles/snowflake/sql/sql_error.h"
#include "doubles/snowflake/stage/folder_stage_store.h"

namespace dbstow::doubles::snowflake {

TestAccount::TestAccount(Edition edition) : edition_(edition) {
  std::string name = (std::filesystem::temp_directory_path() / "snowflake-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) std::abort();
  folder_ = own_folder_ = name;
  Open(std::nullopt);
  LogIn();
}

TestAccount::TestAccount(const std::string& folder)
    : edition_(Edition::kEnterprise), folder_(folder) {
  std::filesystem::create_directories(folder_);
  Open(std::nullopt);
  LogIn();
}

TestAccount::~TestAccount() {
  engine_.reset();
  std::error_code ignored;
  if (!own_folder_.empty()) std::filesystem::remove_all(own_folder_, ignored);
}

void TestAccount::Open(std::optional<Nanos> now) {
  EngineOptions options;
  options.folder = folder_.string();
  options.edition = edition_;
  auto opened = Engine::Open(options, std::make_unique<FolderStageStore>(folder_ / "stage"));
  if (!opened) std::abort();
  engine_ = std::move(*opened);
  engine_->Locked([&](const Engine::Parts& parts) {
    parts.clock.Freeze();
    if (now) parts.clock.Set(*now);
  });
}

void TestAccount::LogIn() {
  engine_->Locked([&](const Engine::Parts& parts) {
    session_.id = "1";
    session_.user = parts.catalog.FindChild(ObjectKind::kUser, kAccountId, "ADMIN")->id;
    session_.role = parts.catalog.FindChild(ObjectKind::kRole, kAccountId, "ACCOUNTADMIN")->id;
    session_.warehouse = "COMPUTE_WH";
  });
}

void TestAccount::Reopen() {
  const Nanos now = engine_->Now();
  engine_.reset();
  Open(now);
}

void TestAccount::Advance(double seconds) {
  engine_->Locked(
      [&](const Engine::Parts& parts) { parts.clock.Advance(static_cast<Nanos>(seconds * 1e9)); });
}

std::string TestAccount::Now() { return std::to_string(engine_->Now()); }

std::vector<std::string> TestAccount::Queries() const {
  return engine_->Locked([](const Engine::Parts& parts) {
    std::vector<std::string> ids;
    for (const auto& record : parts.log.records()) ids.push_back(record->id);
    return ids;
  });
}

std::string TestAccount::Rows(const std::string& sql) {
  const auto statements = Parse(sql);
  last_message_.clear();
  if (!statements) {
    last_message_ = statements.error().message();
    return "error " + statements.error().native()->code;
  }
  std::string text;
  for (const Statement& statement : *statements) {
    static const std::map<int, Value> kNoBindings;
    last_query_ = engine_->NewQueryId();
    const auto result =
        engine_->Run(session_, StatementRequest{statement, kNoBindings, last_query_, "", "", {}});
    if (!result) {
      last_message_ = result.error().message();
      return "error " + (result.error().native() ? result.error().native()->code : last_message_);
    }
    text.clear();
    for (const Row& row : (*result)->rows) {
      if (!text.empty()) text += "\n";
      for (size_t at = 0; at < row.size(); ++at) {
        text += (at > 0 ? "|" : "") + (IsNull(row[at]) ? std::string("~") : ToText(row[at]));
      }
    }
  }
  return text;
}

std::string TestAccount::Run(const std::string& sql) {
  const std::string rows = Rows(sql);
  return rows.starts_with("error ") ? rows.substr(6) : "";
}

std::string TestAccount::Field(const std::string& sql, const std::string& column) {
  const std::string rows = Rows(sql);
  if (rows.starts_with("error ")) return rows;
  const auto result =
      engine_->Locked([&](const Engine::Parts& parts) { return parts.log.Result(last_query_); });
  for (size_t at = 0; at < result->columns.size(); ++at) {
    if (result->columns[at].name != column) continue;
    return result->rows.empty() ? "no row" : ToText(result->rows[0][at]);
  }
  return "no column";
}

}  // namespace dbstow::doubles::snowflake
