#include "catalog/sqlite/sqlite_catalog.h"

#include <array>
#include <mutex>

#include "catalog/sqlite/file_lease.h"
#include "catalog/sqlite/result_json.h"
#include "catalog/sqlite/sqlite_session.h"

namespace dbstow::catalog {
namespace {

class SqliteCatalog final : public Catalog {
 public:
  SqliteCatalog(std::string directory, SqliteCatalogPorts ports)
      : directory_(std::move(directory)), ports_(ports) {}

  Result<std::optional<OperationResult>> FindResult(std::string_view key) override {
    DBSTOW_ASSIGN(const std::optional<std::string> text,
                  Run("SELECT result FROM results WHERE key = ?1", {std::string(key)}));
    if (!text) return std::optional<OperationResult>();
    auto result = ResultFromJson(*text);
    if (result) return std::optional<OperationResult>(*std::move(result));
    Warn("a result that cannot be read is ignored", result.error());
    return std::optional<OperationResult>();
  }

  Result<void> RecordResult(std::string_view key, const OperationResult& result) override {
    DBSTOW_TRY(
        Run("INSERT INTO results (key, result, recorded_at) VALUES (?1, ?2, ?3) "
            "ON CONFLICT (key) DO NOTHING",
            {std::string(key), ResultToJson(result), FormatTime(ports_.clock.Now())}));
    return {};
  }

  Result<std::unique_ptr<Lease>> Acquire(std::string_view what, std::string_view holder) override {
    const std::string folder = directory_ + "/leases";
    DBSTOW_TRY(ports_.files.CreateDirectories(folder));
    return AcquireFileLease(folder, what, holder);
  }

 private:
  [[nodiscard]] std::string Path() const { return directory_ + "/catalog.sqlite"; }

  // Damage can show at any statement, not only when the file is opened; one fresh start is tried.
  Result<std::optional<std::string>> Run(std::string_view sql,
                                         const std::vector<std::string>& parameters) {
    const std::scoped_lock lock(mutex_);
    auto found = RunOnce(sql, parameters);
    if (found || found.error().code() != ErrorCode::kCorrupt) return found;
    session_.reset();
    DBSTOW_TRY(MoveAside(found.error()));
    return RunOnce(sql, parameters);
  }

  Result<std::optional<std::string>> RunOnce(std::string_view sql,
                                             const std::vector<std::string>& parameters) {
    if (session_ == nullptr) {
      DBSTOW_TRY(ports_.files.CreateDirectories(directory_));
      DBSTOW_ASSIGN(session_, SqliteSession::Open(Path()));
    }
    return session_->Run(sql, parameters);
  }

  Result<void> MoveAside(const Error& damage) {
    DBSTOW_TRY(ports_.files.CreateDirectories(directory_));
    DBSTOW_ASSIGN(const std::unique_ptr<Lease> alone,
                  AcquireFileLease(directory_, "repair", "repair"));
    // Another process may have put a good one in its place while we were looking.
    if (IsHealthy()) return {};
    const std::string aside = Path() + ".damaged-" + FormatTime(ports_.clock.Now());
    // The log of a database is of no use, and does harm, to another one of the same name.
    constexpr std::array<std::string_view, 3> kSuffixes = {"", "-wal", "-shm"};
    for (const std::string_view suffix : kSuffixes) {
      const auto moved =
          ports_.files.Rename(Path() + std::string(suffix), aside + std::string(suffix));
      if (!moved && moved.error().code() != ErrorCode::kNotFound) return moved;
    }
    Warn("the catalog was damaged; it is kept as " + aside + " and begun anew", damage);
    return {};
  }

  [[nodiscard]] bool IsHealthy() const {
    auto session = SqliteSession::Open(Path());
    if (!session) return false;
    const auto verdict = (*session)->Run("PRAGMA quick_check");
    return verdict && *verdict == "ok";
  }

  void Warn(std::string_view what, const Error& error) {
    ports_.logger.Log(LogLevel::kWarning, what, {{"error", error.ToString()}});
  }

  const std::string directory_;
  SqliteCatalogPorts ports_;
  std::mutex mutex_;
  std::unique_ptr<SqliteSession> session_;
};

}  // namespace

std::unique_ptr<Catalog> CreateSqliteCatalog(std::string state_directory,
                                             SqliteCatalogPorts ports) {
  return std::make_unique<SqliteCatalog>(std::move(state_directory), ports);
}

}  // namespace dbstow::catalog
