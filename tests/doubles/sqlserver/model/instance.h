#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "doubles/sqlserver/model/database.h"
#include "doubles/sqlserver/model/sqlite.h"

namespace dbstow::doubles::sqlserver {

enum class Edition { kExpress, kStandard, kEnterprise };

struct InstanceSettings {
  int major = 16;  ///< 15: 2019; 16: 2022
  Edition edition = Edition::kStandard;
  std::string server_name = "DOUBLE";
  std::string sa_password = "Double-1-sa";
  /// Minutes east of UTC of the server's local clock.
  int zone_minutes = 0;
};

struct Login {
  std::string name;
  std::string password_hash;
  bool disabled = false;
  std::string default_database = "master";
  std::vector<std::string> roles;
  Permissions permissions;
};

struct Credential {
  std::string name;
  std::string identity;
  std::string secret;
  Milliseconds create_date = 0;
};

struct Certificate {
  std::string name;
  std::string thumbprint;  ///< 40 hexadecimal digits
  std::string key;         ///< what encrypts backups
};

/// What sp_addumpdevice made: a name for a file.
struct LogicalDevice {
  std::string name;
  std::string path;
};

/// What belongs to the server and to no database. How it is written: `instance_fields.h`.
struct ServerState {
  std::vector<Login> logins;
  std::vector<Credential> credentials;
  std::vector<Certificate> certificates;
  std::vector<LogicalDevice> backup_devices;
  bool has_master_key = false;
  int next_database_id = 5;
  std::int64_t next_backup_set = 1;
};

/// A database whose changes wait until a snapshot of its files has been taken.
struct Suspension {
  int session = 0;
  bool clears_differential = true;
  Milliseconds since = 0;
  Lsn first_lsn;  ///< of the log that is needed with the files
  Lsn last_lsn;   ///< where the files are
};

/// The server's memory and its store, which agree after every Commit. All members are for holders
/// of `mutex()`; `released()` is notified when locks or sessions change.
class Instance {
 public:
  /// Opens the state in `folder`, or makes a new server there, and recovers every database.
  [[nodiscard]] static SqlResult<std::unique_ptr<Instance>> Open(const std::string& folder,
                                                                 const InstanceSettings& settings);

  [[nodiscard]] std::mutex& mutex() { return mutex_; }
  [[nodiscard]] std::condition_variable& released() { return released_; }
  [[nodiscard]] Sqlite& store() { return *store_; }
  [[nodiscard]] const InstanceSettings& settings() const { return settings_; }
  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string DataFolder() const { return folder_ + "/data"; }
  [[nodiscard]] std::string BackupFolder() const { return folder_ + "/backup"; }
  /// A file that a statement names: as it is, or else in the folder for backups.
  [[nodiscard]] std::string BackupPath(const std::string& name) const {
    return name.starts_with('/') ? name : BackupFolder() + "/" + name;
  }
  /// What no client is told. Lines that cannot be written are lost.
  [[nodiscard]] std::string ErrorLog() const { return folder_ + "/errorlog"; }
  void WriteErrorLog(const std::string& text) const;

  /// A unit of work: everything changed through `Mutable` and the store since then is kept by
  /// Commit and undone by Rollback, in memory too. One at a time.
  [[nodiscard]] SqlResult<void> Begin();
  [[nodiscard]] SqlResult<void> Commit();
  void Rollback();

  [[nodiscard]] const std::map<int, Database>& databases() const { return databases_; }
  [[nodiscard]] const Database* Find(std::string_view name) const;
  /// A snapshot of that database; null when it has none.
  [[nodiscard]] const Database* SnapshotOf(int database) const;
  /// For change within a unit of work. The database exists.
  [[nodiscard]] Database& Mutable(int id);
  Database& Add(Database database);
  void Remove(int id);
  [[nodiscard]] const ServerState& server() const { return server_; }
  [[nodiscard]] ServerState& MutableServer();
  [[nodiscard]] const Login* FindLogin(std::string_view name) const;

  /// The server's local clock, which the control port can set.
  [[nodiscard]] Milliseconds Now() const;
  void SetClock(std::optional<Milliseconds> utc);
  [[nodiscard]] std::string NewGuid();

  // 15.0.4300.1, 16.0.4100.1 and what depends on it.
  [[nodiscard]] std::string Version() const;
  [[nodiscard]] int Build() const { return settings_.major == 15 ? 4300 : 4100; }
  [[nodiscard]] int DatabaseVersion() const { return settings_.major == 15 ? 904 : 957; }
  [[nodiscard]] std::string EditionName() const;
  /// In the availability group; empty without one.
  [[nodiscard]] std::string ReplicaRole() const;

  /// Databases whose log must be kept from an LSN on, for backups that run.
  std::map<int, Lsn> log_holds;
  /// By database. Nothing of it survives the server, nor the session that suspended.
  std::map<int, Suspension> suspended;

 private:
  Instance(std::string folder, InstanceSettings settings)
      : folder_(std::move(folder)), settings_(std::move(settings)) {}

  [[nodiscard]] SqlResult<void> Create();
  [[nodiscard]] SqlResult<void> Load();
  [[nodiscard]] SqlResult<void> RecoverAll();
  [[nodiscard]] SqlResult<void> SaveChanges();

  const std::string folder_;
  const InstanceSettings settings_;
  std::mutex mutex_;
  std::condition_variable released_;
  std::unique_ptr<Sqlite> store_;
  std::map<int, Database> databases_;
  ServerState server_;
  /// As they were before this unit; nothing for a database that was not there.
  std::map<int, std::optional<Database>> before_;
  std::optional<ServerState> server_before_;
  Milliseconds clock_offset_ = 0;
};

/// Begins in its constructor and rolls back in its destructor, unless committed.
class UnitOfWork {
 public:
  explicit UnitOfWork(Instance& instance) : instance_(instance), begun_(instance.Begin()) {}
  ~UnitOfWork() {
    if (open_) instance_.Rollback();
  }
  UnitOfWork(const UnitOfWork&) = delete;
  UnitOfWork& operator=(const UnitOfWork&) = delete;

  [[nodiscard]] SqlResult<void> Commit() {
    DBSTOW_TRY(begun_);
    DBSTOW_TRY(instance_.Commit());
    open_ = false;
    return {};
  }

 private:
  Instance& instance_;
  SqlResult<void> begun_;
  bool open_ = true;
};

[[nodiscard]] std::string HashPassword(std::string_view password);

}  // namespace dbstow::doubles::sqlserver
