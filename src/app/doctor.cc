#include "app/doctor.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "app/written_files.h"
#include "repository/chain_order.h"
#include "storage/file/file_object_store.h"

namespace dbstow::app {
namespace {

constexpr std::chrono::seconds kServerLimit{10};
constexpr std::uintmax_t kLittleSpace = std::uintmax_t{1} << 30;

Finding Ok(std::string check, std::string text) {
  return {Finding::State::kOk, std::move(check), std::move(text), ""};
}
Finding Warn(std::string check, std::string text, std::string next) {
  return {Finding::State::kWarn, std::move(check), std::move(text), std::move(next)};
}
Finding FindingOf(std::string check, const Result<void>& result, std::string good) {
  if (result) return Ok(std::move(check), std::move(good));
  return app::FindingOf(std::move(check), result.error());
}

// A backup of which it is not known whether all is there, since the store failed.
const repository::VerifiedBackup* FirstUnread(const repository::CheckReport& report) {
  const auto unread =
      std::ranges::find_if(report.backups, [](const repository::VerifiedBackup& each) {
        return each.outcome != repository::VerifyOutcome::kPassed;
      });
  return unread == report.backups.end() ? nullptr : &*unread;
}

class Examination {
 public:
  Examination(Application& application, const DoctorRequest& request)
      : application_(application), request_(request) {}

  std::vector<Finding> Run() {
    CheckConfiguration();
    Add(FindingOf("state folder", TryStateFolder(), application_.state_folder()));
    if (IsWanted()) CheckAudit();
    CheckMetrics();
    CheckLog();
    if (IsWanted()) CheckRepository();
    for (const std::string& name : InstancesToCheck()) {
      if (IsWanted()) CheckInstance(name);
    }
    return std::move(findings_);
  }

 private:
  void Add(Finding finding) { findings_.push_back(std::move(finding)); }

  [[nodiscard]] bool IsWanted() const {
    return !request_.stop.stop_requested() &&
           !request_.deadline.Passed(*application_.ports().clock);
  }

  /// The earlier of that of the examination and what one server is given.
  [[nodiscard]] Deadline DeadlineForServer() const {
    const Deadline own = Deadline::After(*application_.ports().clock, kServerLimit);
    const auto& whole = request_.deadline.at();
    return whole && *whole < *own.at() ? request_.deadline : own;
  }

  void CheckConfiguration() {
    const Configuration& configuration = application_.configuration();
    for (const Error& unseen : application_.unseen_places()) {
      Add(Warn("configuration", "it is not known whether one is there: " + unseen.message(),
               unseen.hint()));
    }
    if (configuration.file.empty()) {
      Add(Warn("configuration", "there is no configuration file",
               "write dbstow.toml, or go on with URIs"));
      return;
    }
    Add(Ok("configuration", configuration.file + ", " +
                                std::to_string(configuration.instances.size()) + " instances"));
  }

  Result<void> TryStateFolder() {
    DBSTOW_TRY(application_.RequireStateFolder());
    return TryNewFile(*application_.ports().files, application_.state_folder() + "/doctor");
  }

  [[nodiscard]] FilePorts Files() const {
    return {*application_.ports().files, application_.shared_files()};
  }

  void CheckAudit() {
    if (const auto usable = TryAuditLog(Files(), application_.audit_path()); !usable) {
      Add(app::FindingOf("audit log", NothingStarts(usable.error())));
      return;
    }
    const auto report = application_.VerifyAudit({}, request_.deadline, request_.stop);
    if (!report && report.error().code() == ErrorCode::kNotFound) {
      Add(Ok("audit log", "nothing is recorded yet"));
    } else if (!report) {
      Add(app::FindingOf("audit log", report.error()));
    } else if (!report->intact()) {
      Add({Finding::State::kFail, "audit log", "it was changed: " + report->problems.front().text,
           "dbstow audit verify shows all", ErrorCode::kVerificationFailed});
    } else {
      Add(Ok("audit log", std::to_string(report->records) + " records, whole"));
    }
  }

  static Error NothingStarts(const Error& error) {
    return Error(error.code(), error.message() + ": nothing that is audited can start")
        .WithHint(error.hint());
  }

  void CheckMetrics() {
    const std::string& path = application_.configuration().metrics_textfile;
    if (path.empty()) return;
    Add(FindingOf("metrics", TryMetricsFile(Files(), path), path));
  }

  void CheckLog() {
    const std::string& path = application_.configuration().log_path;
    if (path.empty()) return;
    if (const auto& problem = application_.log_problem()) {
      Add(app::FindingOf("log", *problem));
      return;
    }
    std::error_code failure;
    const auto space = std::filesystem::space(path, failure);
    const bool full = !failure && space.available == 0;
    Add(full ? Finding{Finding::State::kFail, "log", "the disk of " + path + " is full",
                       "free space there: lines that cannot be written are left out",
                       ErrorCode::kOutOfSpace}
             : Ok("log", path));
  }

  void CheckRepository() {
    const bool named =
        !request_.repository.uri.empty() || !application_.configuration().repository_uri.empty();
    if (!named) {
      Add(Warn("repository", "none is named",
               "add [repository] to dbstow.toml, or --repo file:///path"));
      return;
    }
    RepositoryAddress address = request_.repository;
    address.missing = RepositoryAddress::Missing::kRefuse;
    const auto opened = application_.repositories().Open(address);
    if (!opened) {
      Add(app::FindingOf("repository", opened.error()));
      return;
    }
    OpenedRepository& repository = **opened;
    Add(Ok("repository", repository.uri() + " opens with this passphrase"));
    Add(FindingOf("store promises",
                  CheckStorePromises(repository.objects(), *application_.ports().random),
                  "one writer wins, puts and deletes are seen at once"));
    CheckObjects(*repository.repository());
    // An error of the list is said by the check of the objects.
    if (const auto records = repository.store().List("")) {
      CheckOutcomes(*repository.repository(), *records);
      CheckClock(*records);
    }
    CheckSpace(repository.uri());
  }

  void CheckObjects(repository::Repository& repository) {
    repository::CheckContext context;
    context.stop = request_.stop;
    context.deadline = request_.deadline;
    const auto report = repository.Check(context);
    if (!report) {
      Add(app::FindingOf("repository objects", report.error()));
    } else if (!report->healthy()) {
      const auto& first = report->damaged.front();
      Add({Finding::State::kFail, "repository objects",
           std::to_string(report->damaged.size()) + " damaged, first: " + first.key + " " +
               first.problem,
           "dbstow verify says which backups still restore; make a new one now",
           ErrorCode::kCorrupt});
    } else if (const repository::VerifiedBackup* unread = FirstUnread(*report)) {
      Add({Finding::State::kFail, "repository objects",
           "backup " + unread->id + " could not be looked at: " + unread->reason,
           "look at the disk or mount under the repository (dmesg); dbstow backups lists what else "
           "can be read, and a new backup does not need this one",
           ErrorCode::kIoError});
    } else {
      Add(Ok("repository objects",
             std::to_string(report->backups.size()) + " backups, nothing missing"));
    }
    if (report) CheckKeys(*report);
    if (report) CheckSessions(report->open_sessions);
    if (report && report->unfinished_objects != 0) {
      Add(Warn("debris",
               std::to_string(report->unfinished_objects) + " half-written objects of " +
                   std::to_string(report->unfinished_bytes) +
                   " bytes, left by processes that were killed",
               "dbstow prune --confirm removes them"));
    }
  }

  void CheckKeys(const repository::CheckReport& report) {
    if (report.old_key_slots.empty()) return;
    const std::string& first = report.old_key_slots.front();
    Add(Warn("keys",
             std::to_string(report.old_key_slots.size()) +
                 " key slots do not open what was written since the last rotation, first: " + first,
             "with the newest passphrase: dbstow key remove " + first));
  }

  // They keep what they use from being pruned.
  void CheckSessions(const std::vector<repository::OpenSession>& sessions) {
    const auto fence_after = application_.configuration().retention.fence_after;
    const TimePoint now = application_.ports().clock->Now();
    std::vector<TimePoint> odd;
    for (const repository::OpenSession& each : sessions) {
      const bool dead = repository::IsOver(each.since, fence_after, now);
      if (dead || each.since > now + repository::kClockTolerance) odd.push_back(each.since);
    }
    if (odd.empty()) return;
    Add(Warn(
        "sessions",
        std::to_string(odd.size()) +
            " backups or reads were announced long ago or in the future and never ended, first: " +
            FormatTime(std::ranges::min(odd)),
        "dbstow prune says what is done about them, and does it with --confirm"));
  }

  // What an earlier check found is not mended by nothing being missing.
  void CheckOutcomes(repository::Repository& repository, const std::vector<BackupRecord>& records) {
    std::map<std::string, repository::Standing> standings = repository.Standings(records);
    std::vector<std::string> failed;
    for (const BackupRecord& record : records) {
      if (standings[record.id].failed) failed.push_back(record.id);
    }
    if (failed.empty()) return;
    Add(Warn("earlier checks",
             std::to_string(failed.size()) + " backups failed a check, the last of them " +
                 failed.back(),
             "dbstow backups shows which; take a new backup unless there is a later one"));
  }

  void CheckClock(const std::vector<BackupRecord>& records) {
    const TimePoint now = application_.ports().clock->Now();
    for (const BackupRecord& record : records) {
      if (record.finished <= now + repository::kClockTolerance) continue;
      Add(Warn("clock",
               "it is " + FormatTime(now) + " here, but backup " + record.id + " ended at " +
                   FormatTime(record.finished),
               "set the clock of this machine, or of the one that made it: retention by day or age "
               "goes by it; `latest` and keep_last do not"));
      return;
    }
    Add(Ok("clock", FormatTime(now)));
  }

  void CheckSpace(const std::string& uri) {
    const auto folder = storage::FolderOfUri(uri);
    if (!folder) return;  // a store that is not a folder has no free space to ask for
    std::error_code failure;
    const auto space = std::filesystem::space(*folder, failure);
    if (failure) {
      Add(app::FindingOf("free space", io::ErrnoError(failure.value(), "cannot ask", *folder)));
      return;
    }
    const std::string text = std::to_string(space.available >> 20) + " MiB free of " +
                             std::to_string(space.capacity >> 20) + " MiB";
    const bool little = space.available < kLittleSpace && space.available < space.capacity / 10;
    Add(little ? Warn("free space", text, "free space there; dbstow prune shows what could go")
               : Ok("free space", text));
  }

  [[nodiscard]] std::vector<std::string> InstancesToCheck() const {
    if (!request_.instance.empty()) return {request_.instance};
    std::vector<std::string> names;
    for (const InstanceEntry& entry : application_.configuration().instances) {
      names.push_back(entry.name);
    }
    return names;
  }

  void CheckInstance(const std::string& name) {
    const std::string check = "instance " + name;
    const auto instance = application_.OpenInstance(name);
    if (!instance) {
      Add(app::FindingOf(check, instance.error()));
      return;
    }
    const CapabilitySet ever = (*instance)->capabilities();
    OperationSettings settings;
    settings.stop = request_.stop;
    auto context = application_.NewContext(settings);
    if (context) context->deadline = DeadlineForServer();
    const auto looked = context ? (*instance)->Refresh(*context) : Result<void>(context.error());
    if (!looked) {
      Add(app::FindingOf(check, looked.error()));
      return;
    }
    const InstanceState state = (*instance)->state();
    if (state.capabilities.Contains(capability::kBackup) || !ever.Contains(capability::kBackup)) {
      Add(Ok(check, (*instance)->engine().id() + " " + state.version));
    }
    const std::set<std::string> said = TellWhatIsDenied(check, state.capabilities, ever);
    for (const std::string& warning : state.warnings) {
      if (!said.contains(warning)) Add(Warn(check, warning, ""));
    }
  }

  /// Gives the reasons, each of which is told once though it may stand in the way of several verbs.
  std::set<std::string> TellWhatIsDenied(const std::string& check, const CapabilitySet& now,
                                         const CapabilitySet& ever) {
    std::set<std::string> said;
    for (const std::string_view verb :
         {capability::kBackup, capability::kRestore, capability::kClone}) {
      const Capability* can = now.Find(verb);
      if (can == nullptr || can->available || !said.insert(can->reason).second) continue;
      const std::string text = "cannot " + std::string(verb) + ": " + can->reason;
      // Whoever runs this each night must hear that the next backup will fail.
      if (verb == capability::kBackup && ever.Contains(verb)) {
        Add({Finding::State::kFail, check, text, can->remedy, can->code});
      } else {
        Add(Warn(check, text, can->remedy));
      }
    }
    return said;
  }

  Application& application_;
  const DoctorRequest& request_;
  std::vector<Finding> findings_;
};

}  // namespace

std::string_view ToString(Finding::State state) {
  switch (state) {
    case Finding::State::kWarn: return "warn";
    case Finding::State::kFail: return "fail";
    case Finding::State::kOk: break;
  }
  return "ok";
}

Finding FindingOf(std::string check, const Error& error) {
  return {Finding::State::kFail, std::move(check), error.message(), error.hint(), error.code()};
}

std::vector<Finding> Examine(Application& application, const DoctorRequest& request) {
  return Examination(application, request).Run();
}

}  // namespace dbstow::app
