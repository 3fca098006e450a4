#include "doubles/sqlserver/exec/snapshot.h"

#include "doubles/sqlserver/exec/image.h"
#include "doubles/sqlserver/media/device.h"
#include "doubles/sqlserver/media/os_files.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr PayloadForm kForm{true, ""};

SqlError NotThatFile(const std::string& path) {
  return {5171, 16, path + " is not a primary database file."};
}

// A checkpoint, then the rows and the log that belongs to them.
SqlResult<Payload> TakeEverything(Instance& instance, int id) {
  Journal journal(instance, id);
  UnitOfWork work(instance);
  Database& database = instance.Mutable(id);
  database.checkpoint_lsn = database.next_lsn;
  DBSTOW_TRY(work.Commit());
  DBSTOW_ASSIGN(Payload payload, TakeImage(instance, id, database.DataFiles(), ImageKind::kWhole));
  DBSTOW_ASSIGN(const Lsn first, journal.OldestNeeded());
  DBSTOW_ASSIGN(payload.log, journal.Read(first, payload.image_lsn));
  return payload;
}

std::string InSession(const std::string& before, const Session& session) {
  return before + " in session " + std::to_string(session.id) + ".";
}

}  // namespace

SqlResult<std::vector<SqlError>> Suspend(Engine& engine, const Session& session, int id,
                                         DifferentialBitmap bitmap) {
  Instance& instance = engine.instance();
  const std::string name = "Database '" + instance.databases().at(id).name + "'";
  if (instance.suspended.contains(id)) {
    return SqlError{3081, 16, name + " was previously suspended for snapshot backup."};
  }
  if (engine.running_backups.contains({id, false}) || engine.running_backups.contains({id, true})) {
    return SqlError{3023, 16, "Backups and file manipulation operations must be serialized."};
  }
  DBSTOW_ASSIGN(const Payload payload, TakeEverything(instance, id));
  BackupSet set;
  set.family_guid = payload.database.family_guid;
  set.last_lsn = payload.image_lsn;
  set.forks = payload.database.forks;
  const std::string content =
      EncodeTape({}) + EncodeSet(set, Stripe(EncodePayload(payload, kForm), 1).front());
  const std::string& path = payload.database.primary().physical;
  DBSTOW_TRY(MakeDiskDevice(path)->Write(0, content));
  const Lsn first = payload.log.empty() ? payload.image_lsn : payload.log.front().lsn;
  instance.suspended[id] = {session.id, bitmap == DifferentialBitmap::kCleared, instance.Now(),
                            first, payload.image_lsn};
  return std::vector<SqlError>{
      {3083, 10, InSession(name + " acquired suspend locks", session)},
      {3197, 10,
       "I/O is frozen on database " + payload.database.name +
           ". No user action is required. However, if I/O is not resumed promptly, you could "
           "cancel the backup."},
      {3086, 10, InSession(name + " successfully suspended for snapshot backup", session)}};
}

SqlResult<std::vector<SqlError>> Resume(Engine& engine, const Session& session, int id) {
  Instance& instance = engine.instance();
  const Database& database = instance.databases().at(id);
  const std::string name = "Database '" + database.name + "'";
  const auto suspension = instance.suspended.find(id);
  if (suspension == instance.suspended.end()) {
    return SqlError{3082, 16, name + " is not suspended for snapshot backup."};
  }
  const int suspender = suspension->second.session;
  instance.suspended.erase(suspension);
  // Copies that are taken from here on shall not pass.
  DBSTOW_TRY(MakeDiskDevice(database.primary().physical)->Write(0, ""));
  instance.released().notify_all();
  return std::vector<SqlError>{
      {3198, 10, "I/O was resumed on database " + database.name + ". No user action is required."},
      {3084, 10, InSession(name + " released suspend locks", session)},
      {3087, 10,
       InSession(name + " originally suspended for snapshot backup in session " +
                     std::to_string(suspender) + " successfully resumed",
                 session)}};
}

SqlResult<Payload> ReadCopiedFiles(const BackupSet& set, const std::vector<DatabaseFile>& files) {
  for (const DatabaseFile& file : files) {
    if (FileExists(file.physical)) continue;
    return SqlError{5120, 16,
                    "Unable to open the physical file \"" + file.physical +
                        "\". Operating system error 2: \"2(The system cannot find the file "
                        "specified.)\"."};
  }
  const std::string& path = files.front().physical;
  DBSTOW_ASSIGN(const std::optional<std::string> content, MakeDiskDevice(path)->Read());
  const Media media = DecodeMedia(content.value_or(""));
  if (media.fault != MediaFault::kNone || media.entries.size() != 1) return NotThatFile(path);
  const MediaEntry& entry = media.entries.front();
  const bool same = entry.fault == MediaFault::kNone && entry.set.family_guid == set.family_guid &&
                    entry.set.last_lsn == set.last_lsn;
  if (!same) return NotThatFile(path);
  std::optional<Payload> payload = DecodePayload(Unstripe({&entry.pieces}), kForm);
  if (!payload) return NotThatFile(path);
  return std::move(*payload);
}

}  // namespace dbstow::doubles::sqlserver
