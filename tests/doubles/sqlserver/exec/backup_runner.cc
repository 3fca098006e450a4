#include "doubles/sqlserver/exec/backup_runner.h"

#include <algorithm>

#include "doubles/sqlserver/exec/errors.h"
#include "doubles/sqlserver/exec/image.h"
#include "doubles/sqlserver/exec/snapshot.h"
#include "doubles/sqlserver/media/os_files.h"
#include "doubles/sqlserver/value/convert.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr std::int64_t kPage = 8192;
constexpr std::int64_t kEmptyPages = 320;

// Marks the database as being backed up and keeps its log, until the end.
class RunningBackup {
 public:
  RunningBackup(Engine& engine, Session& session, int database, bool log, const Lsn& hold)
      : engine_(engine), session_(session), database_(database), log_(log) {
    session_.command = log ? "BACKUP LOG" : "BACKUP DATABASE";
    session_.request_start = engine.instance().Now();
    session_.percent = 0;
    engine_.running_backups.insert({database_, log_});
    if (log_) return;
    engine_.instance().log_holds[database_] = hold;
  }
  ~RunningBackup() {
    session_.command.clear();
    session_.percent = 0;
    engine_.running_backups.erase({database_, log_});
    if (log_) return;
    engine_.instance().log_holds.erase(database_);
  }
  RunningBackup(const RunningBackup&) = delete;
  RunningBackup& operator=(const RunningBackup&) = delete;

 private:
  Engine& engine_;
  Session& session_;
  int database_;
  bool log_;
};

}  // namespace

SqlResult<void> BackupRunner::Run(const BackupStatement& statement) {
  name_ = NameOf(statement);
  log_ = statement.log;
  DBSTOW_TRY(Prepare(statement));
  const SqlResult<void> outcome =
      statement.scope == BackupScope::kDatabase ? Backup(statement) : BackUpGroup(statement);
  if (outcome) return {};
  context_.sink.Message(outcome.error(), 1);
  // Nobody is told of this but by the log.
  instance_.WriteErrorLog(
      "Error: 3041, Severity: 16, State: 1. BACKUP failed to complete the "
      "command " +
      name_ + " " + set_.database + ".");
  return Abnormal(name_);
}

SqlResult<void> BackupRunner::Prepare(const BackupStatement& statement) {
  if (statement.database) {
    DBSTOW_ASSIGN(const TypedValue name, evaluate_(*statement.database));
    set_.database = ToText(name.value, name.type);
  }
  DBSTOW_ASSIGN(options_, WithOptions::Read(statement.options, evaluate_));
  DBSTOW_ASSIGN(selections_, ReadSelections(statement.selections, evaluate_));
  differential_ = options_.Has("DIFFERENTIAL");
  // DIFFERENTIAL wins over COPY_ONLY without a word.
  copy_only_ = (options_.Has("COPY_ONLY") && !differential_) || options_.Has("NO_TRUNCATE");
  tail_ = options_.Has("NORECOVERY") || options_.Has("STANDBY");
  metadata_only_ = options_.Has("METADATA_ONLY") || options_.Has("SNAPSHOT");
  return {};
}

SqlResult<std::string> BackupRunner::EncryptionKey() {
  const GivenOption* encryption = options_.Find("ENCRYPTION");
  if (encryption == nullptr) return std::string();
  const auto text = [&](const char* name) {
    const auto found = encryption->nested.find(name);
    return found == encryption->nested.end() ? std::string()
                                             : ToText(found->second.value, found->second.type);
  };
  const std::string algorithm = ToUpper(text("ALGORITHM"));
  static constexpr std::string_view kKnown = " AES_128 AES_192 AES_256 TRIPLE_DES_3KEY ";
  if (algorithm.empty() || kKnown.find(" " + algorithm + " ") == std::string_view::npos) {
    return SqlError{3217, 16, "Invalid value specified for ALGORITHM parameter."};
  }
  const std::string name = text("SERVER CERTIFICATE");
  for (const Certificate& certificate : instance_.server().certificates) {
    if (!SameName(certificate.name, name)) continue;
    set_.key_algorithm = algorithm;
    set_.thumbprint = certificate.thumbprint;
    return certificate.key;
  }
  return SqlError{15151, 16,
                  "Cannot find the certificate '" + name +
                      "', because it does not exist or you do not have permission."};
}

SqlResult<std::string> BackupRunner::Compression() const {
  const GivenOption* given = options_.Find("COMPRESSION");
  if (given == nullptr) return std::string();
  if (given->nested.empty()) return std::string("MS_XPRESS");
  if (instance_.settings().major < 16) {
    return SqlError{102, 15, "Incorrect syntax near 'ALGORITHM'."};
  }
  const auto algorithm = given->nested.find("ALGORITHM");
  const std::string name = algorithm == given->nested.end()
                               ? ""
                               : ToUpper(ToText(algorithm->second.value, algorithm->second.type));
  // ZSTD and LEVEL came later.
  const bool known = given->nested.size() == 1 && (name == "MS_XPRESS" || name == "QAT_DEFLATE");
  if (!known) return SqlError{3217, 16, "Invalid value specified for ALGORITHM parameter."};
  return name;
}

// A checkpoint, and the rows as they are, dirty ones too; the log that follows makes them right.
SqlResult<void> BackupRunner::Snapshot() {
  Journal journal(instance_, id_);
  UnitOfWork work(instance_);
  Database& database = instance_.Mutable(id_);
  set_.start = instance_.Now();
  set_.guid = instance_.NewGuid();
  if (log_) {
    set_.type = BackupType::kLog;
    set_.first_lsn = database.last_log_backup;
    set_.checkpoint_lsn = database.checkpoint_lsn;
    DBSTOW_TRY(LookForBadLog(database));
    return work.Commit();
  }
  database.checkpoint_lsn = database.next_lsn;
  set_.checkpoint_lsn = database.checkpoint_lsn;
  DBSTOW_ASSIGN(set_.first_lsn, journal.OldestNeeded());
  DBSTOW_TRY(work.Commit());
  DBSTOW_TRY(LookForBadLog(database));
  DBSTOW_TRY(LookForDamage(database));
  if (metadata_only_) {
    // Transactions may have been rolled back since.
    const Suspension& suspension = instance_.suspended.at(id_);
    set_.first_lsn = suspension.first_lsn;
    set_.checkpoint_lsn = suspension.last_lsn;
    return {};
  }
  DBSTOW_ASSIGN(payload_, TakeImage(instance_, id_, files_,
                                    differential_ ? ImageKind::kChanges : ImageKind::kWhole));
  return {};
}

SqlResult<void> BackupRunner::LookForBadLog(const Database& database) const {
  const bool skips = log_ && (options_.Has("CONTINUE_AFTER_ERROR") || options_.Has("NO_TRUNCATE"));
  if (!database.bad_log || skips) return {};
  return SqlError{3049, 16,
                  "BACKUP detected corruption in the database log. Check the errorlog for more "
                  "information."};
}

// What the checksums of pages say.
SqlResult<void> BackupRunner::LookForDamage(const Database& database) {
  set_.damaged = false;
  if (!options_.Has("CHECKSUM") || metadata_only_) return {};
  UnitOfWork work(instance_);
  for (const PageId& page : database.bad_pages) {
    if (!files_.contains(page.file)) continue;
    set_.damaged = true;
    DBSTOW_TRY(RecordPage(instance_, id_, page, PageEvent::kBadChecksum));
  }
  DBSTOW_TRY(work.Commit());
  if (!set_.damaged || options_.Has("CONTINUE_AFTER_ERROR")) return {};
  return SqlError{3043, 16,
                  "BACKUP '" + database.name + "' detected an error on page " +
                      ToString(database.bad_pages.front()) + " in file '" +
                      database.primary().physical + "'."};
}

// Everything that is known only at the end.
SqlResult<void> BackupRunner::Describe() {
  const Database& database = instance_.databases().at(id_);
  set_.name = options_.Text("NAME");
  set_.description = options_.Text("DESCRIPTION");
  set_.user = context_.session.login;
  set_.server = instance_.settings().server_name;
  set_.database = database.name;
  set_.owner = database.owner;
  set_.database_version = database.version;
  set_.database_creation = database.create_date;
  set_.last_lsn = metadata_only_ ? instance_.suspended.at(id_).last_lsn : database.next_lsn;
  set_.database_backup_lsn = database.last_full_checkpoint;
  set_.finish = instance_.Now();
  set_.compatibility_level = database.compatibility_level;
  set_.version_major = instance_.settings().major;
  set_.version_build = instance_.Build();
  set_.collation = database.collation;
  set_.database_guid = database.database_guid;
  set_.family_guid = database.family_guid;
  set_.forks = database.forks;
  set_.recovery_model = database.recovery_model;
  set_.zone_minutes = instance_.settings().zone_minutes;
  set_.last_valid_restore_time = set_.finish;
  set_.compressed = form_.compressed;
  set_.has_bulk_changes = log_ && database.has_bulk_changes;
  set_.read_only = database.read_only;
  set_.single_user = database.access == UserAccess::kSingle;
  set_.checksums = options_.Has("CHECKSUM");
  set_.begins_chain = log_ && database.begins_chain && !copy_only_;
  set_.copy_only = copy_only_;
  set_.tail = tail_;
  set_.incomplete_metadata = database.IsDamaged();
  set_.metadata_only = metadata_only_;
  if (options_.Has("EXPIREDATE")) {
    const std::optional<Milliseconds> date = ParseDateTime(options_.Text("EXPIREDATE"));
    if (!date) return SqlError{3217, 16, "Invalid value specified for EXPIREDATE parameter."};
    set_.expiration = *date;
  }
  if (const auto days = options_.Number("RETAINDAYS")) {
    set_.expiration = set_.start + *days * Milliseconds{86'400'000};
  }
  if (log_) payload_.database = database;
  if (!metadata_only_) {
    DBSTOW_ASSIGN(payload_.log, Journal(instance_, id_).Read(set_.first_lsn, set_.last_lsn));
  }
  set_.files.clear();
  for (const DatabaseFile& file : database.files) {
    const FileGroup* group = database.FindFileGroup(file.file_group);
    const bool present = log_ || file.log || files_.contains(file.id);
    set_.files.push_back({file, group == nullptr ? "" : group->name,
                          file.log || !present ? 0 : kEmptyPages * kPage, present,
                          group != nullptr && group->read_only});
  }
  return {};
}

SqlResult<MediaWriter> BackupRunner::OpenMedia(const BackupStatement& statement) {
  DBSTOW_ASSIGN(Devices devices, OpenDevices(context_, statement.devices, evaluate_, options_));
  std::vector<Devices> mirrors;
  for (const std::vector<DeviceSpec>& mirror : statement.mirrors) {
    DBSTOW_ASSIGN(Devices copies, OpenDevices(context_, mirror, evaluate_, options_));
    mirrors.push_back(std::move(copies));
  }
  return MediaWriter::Open(context_, std::move(devices), std::move(mirrors), options_,
                           form_.compressed, !form_.key.empty());
}

SqlResult<void> BackupRunner::Backup(const BackupStatement& statement) {
  DBSTOW_TRY(CheckOptions(statement));
  DBSTOW_TRY(CheckDatabase());
  DBSTOW_TRY(CheckEdition(statement));
  DBSTOW_ASSIGN(form_.key, EncryptionKey());
  DBSTOW_ASSIGN(set_.compression, Compression());
  form_.compressed = !set_.compression.empty();
  DBSTOW_ASSIGN(MediaWriter media, OpenMedia(statement));
  // The instance was let go meanwhile.
  DBSTOW_TRY(CheckDatabase());
  // A snapshot is what the suspension has made of it.
  if (metadata_only_) copy_only_ = !instance_.suspended.at(id_).clears_differential;
  if (warning_) context_.sink.Message(*warning_, 1);
  set_.position = media.position();
  set_.families = media.families();
  DBSTOW_TRY(Snapshot());
  const RunningBackup running(context_.engine, context_.session, id_, log_, set_.first_lsn);
  SqlResult<void> outcome = Describe();
  if (outcome) outcome = media.WriteBeginning(set_);
  if (outcome) {
    outcome = RunPercents(context_, options_.stats());
  }
  if (outcome) outcome = Complete(media);
  if (!outcome) media.Undo();
  return outcome;
}

// The lock was let go: others may have been here.
SqlResult<void> BackupRunner::CheckStillThere() const {
  const auto found = instance_.databases().find(id_);
  const bool there = found != instance_.databases().end() &&
                     (found->second.state == DatabaseState::kOnline || found->second.IsDamaged());
  if (!there || metadata_only_ != instance_.suspended.contains(id_)) {
    return SqlError{3204, 16, "The backup or restore was aborted."};
  }
  return {};
}

SqlResult<void> BackupRunner::Complete(MediaWriter& media) {
  DBSTOW_TRY(CheckStillThere());
  DBSTOW_TRY(Describe());
  if (metadata_only_) return CompleteSnapshot(media);
  const std::string bytes = EncodePayload(payload_, form_);
  const std::int64_t plain = form_.compressed
                                 ? static_cast<std::int64_t>(EncodePayload(payload_, {}).size())
                                 : static_cast<std::int64_t>(bytes.size());
  const std::int64_t pages = log_ ? 0 : differential_ ? 40 : kEmptyPages;
  set_.size = plain + pages * kPage;
  set_.compressed_size =
      form_.compressed ? static_cast<std::int64_t>(bytes.size()) + pages * kPage / 4 : set_.size;
  const auto write = [&] { return media.WriteWhole(set_, Stripe(bytes, media.families())); };
  // Nobody may change a database behind the tail of its log.
  DBSTOW_TRY(tail_ ? write() : WithoutLock(context_, write));
  DBSTOW_TRY(CheckStillThere());
  DBSTOW_TRY(Remember(media));
  Report(media);
  return {};
}

// The data are in the files that were copied; the media get the description alone.
SqlResult<void> BackupRunner::CompleteSnapshot(MediaWriter& media) {
  DBSTOW_TRY(media.WriteWhole(set_, Stripe("", media.families())));
  DBSTOW_TRY(Remember(media));
  DBSTOW_ASSIGN(const std::vector<SqlError> messages,
                Resume(context_.engine, context_.session, id_));
  for (const SqlError& message : messages) context_.sink.Message(message, 1);
  Report(media);
  return {};
}

SqlResult<void> BackupRunner::Remember(const MediaWriter& media) {
  UnitOfWork work(instance_);
  DBSTOW_TRY(RecordBackup(instance_, set_, media.header(), media.HistoryDevices()));
  Database& database = instance_.Mutable(id_);
  if (log_ && !copy_only_) {
    database.last_log_backup = set_.last_lsn;
    database.last_log_backup_time = set_.finish;
    database.begins_chain = false;
    database.has_bulk_changes = false;
    DBSTOW_TRY(Journal(instance_, id_).Truncate(set_.last_lsn));
  }
  if (!log_ && !differential_ && !copy_only_) {
    for (const int id : files_) {
      database.FindFile(id)->base = {set_.checkpoint_lsn, set_.guid, set_.start};
    }
    if (set_.type == BackupType::kDatabase) database.last_full_checkpoint = set_.checkpoint_lsn;
  }
  const bool starts_chain = !log_ && !copy_only_ && database.last_log_backup.IsNone() &&
                            database.recovery_model != RecoveryModel::kSimple && database.id > 2;
  if (starts_chain) {
    database.last_log_backup = set_.first_lsn;
    database.begins_chain = true;
  }
  if (tail_) DBSTOW_TRY(LeaveForRestoring(database));
  return work.Commit();
}

SqlResult<void> BackupRunner::LeaveForRestoring(Database& database) {
  database.redo_time = set_.finish;
  const bool lost = database.state == DatabaseState::kPending;
  for (DatabaseFile& file : database.files) {
    if (file.log) continue;
    if (file.state == FileState::kOnline) file.redo = {set_.last_lsn, database.fork()};
    // Files that could not be opened have to come from a backup.
    if (lost && file.state == FileState::kPending) file.state = FileState::kOnline;
  }
  if (options_.Has("NORECOVERY")) {
    database.state = DatabaseState::kRestoring;
    return {};
  }
  database.standby = true;
  database.standby_file = instance_.BackupPath(options_.Text("STANDBY"));
  return TakeDataFile(database.standby_file);
}

void BackupRunner::Report(const MediaWriter& media) {
  std::int64_t pages = 0;
  const std::string on = "' on file " + std::to_string(media.position()) + ".";
  for (const BackupFile& file : set_.files) {
    if (log_ != file.file.log || !file.present) continue;
    const std::int64_t one = log_             ? static_cast<std::int64_t>(payload_.log.size())
                             : metadata_only_ ? 0
                             : differential_  ? 40
                                              : kEmptyPages;
    pages += one;
    context_.sink.Message({4035, 10,
                           "Processed " + std::to_string(one) + " pages for database '" +
                               set_.database + "', file '" + file.file.logical + on},
                          1);
  }
  if (set_.damaged) {
    context_.sink.Message({3042, 10,
                           "BACKUP WITH CONTINUE_AFTER_ERROR successfully generated a backup of "
                           "the damaged database."},
                          1);
  }
  context_.sink.Message({3014, 10,
                         name_ + " successfully processed " + std::to_string(pages) +
                             " pages in 0.001 seconds (1.000 MB/sec)."},
                        1);
}

}  // namespace dbstow::doubles::sqlserver
