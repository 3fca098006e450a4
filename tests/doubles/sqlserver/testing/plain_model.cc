#include "doubles/sqlserver/testing/plain_model.h"

namespace dbstow::doubles::sqlserver {
namespace {

const PlainModel::Errors kRestoringErrors{927};
const PlainModel::Errors kInTransaction{3021};
const PlainModel::Errors kHasSnapshot{3709};
const PlainModel::Errors kAway{8653};

}  // namespace

PlainModel::PlainModel(Edition edition) : edition_(edition) {
  branches_.emplace_back();
  Keep();
}

// One autocommitted statement is begin, changes, commit; in a transaction the begin comes with its
// first change.
template <class Edit>
PlainModel::Errors PlainModel::Write(Edit edit) {
  if (open_ && !begun_) {
    begun_ = true;
    before_ = rows_;
    Tick(1);
  }
  if (!open_) Tick(1);
  const std::int64_t records = edit();
  Tick(records);
  if (open_) {
    changes_ += records;
  } else {
    Tick(1);
    Keep();
  }
  return {};
}

PlainModel::Errors PlainModel::Put(int group, int id, const std::string& text) {
  if (state_ != State::kOnline) return kRestoringErrors;
  if (group == 1 && away_) return kAway;
  if (rows_[group].contains(id)) return {2627};
  return Write([&] {
    rows_[group][id] = text;
    return 1;
  });
}

PlainModel::Errors PlainModel::Change(int group, int id, const std::string& text) {
  if (state_ != State::kOnline) return kRestoringErrors;
  if (group == 1 && away_) return kAway;
  return Write([&]() -> std::int64_t {
    if (!rows_[group].contains(id)) return 0;
    rows_[group][id] = text;
    return 1;
  });
}

PlainModel::Errors PlainModel::Erase(int group, int id) {
  if (state_ != State::kOnline) return kRestoringErrors;
  if (group == 1 && away_) return kAway;
  return Write([&] { return static_cast<std::int64_t>(rows_[group].erase(id)); });
}

PlainModel::Errors PlainModel::Begin() {
  open_ = true;
  begun_ = false;
  changes_ = 0;
  return {};
}

PlainModel::Errors PlainModel::Commit() {
  if (!open_) return {3902};
  open_ = false;
  if (begun_) {
    Tick(1);
    Keep();
  }
  return {};
}

PlainModel::Errors PlainModel::Rollback() {
  if (!open_) return {3903};
  open_ = false;
  if (begun_) {
    rows_ = before_;
    Tick(changes_ + 1);
    Keep();
  }
  return {};
}

void PlainModel::Disconnect() {
  if (open_) Rollback();
}

void PlainModel::BecomeShell() {
  state_ = State::kRestoring;
  shell_ = true;
  rows_ = {};
}

PlainModel::Errors PlainModel::Backup(Kind kind, const std::string& file, int group) {
  const bool log = kind == Kind::kLog || kind == Kind::kTail;
  const bool differential = kind == Kind::kDifferential;
  if (open_) return kInTransaction;
  if (state_ != State::kOnline) return kRestoringErrors;
  if (log && !chain_) return {4214};
  const bool without = log || (kind == Kind::kGroup && group == 0);
  if (away_ && !without) return {3007};
  if (differential && bases_[0].empty() && bases_[1].empty()) return {3035};
  Saved backup{kind, group, log ? *chain_ : here_, here_, log && chain_begins_};
  if (differential) backup.bases = bases_;
  if (kind == Kind::kFull) bases_ = {file, file};
  if (kind == Kind::kGroup) bases_[group] = file;
  backup.own_bases = bases_;
  files_[file] = backup;
  if (log || (kind != Kind::kCopy && !chain_)) {
    chain_begins_ = !log;
    chain_ = here_;
  }
  if (kind == Kind::kTail) {
    state_ = State::kRestoring;
    shell_ = false;
    at_ = {here_, away_.value_or(here_)};
    restored_ = {"", away_ ? restored_[1] : ""};
    away_.reset();
  }
  ++backup_count_;
  return {};
}

// Whether a database at `place` is on the way that leads to that branch.
bool PlainModel::OnPath(const Place& place, int branch) const {
  std::int64_t limit = INT64_MAX;
  for (int at = branch; at >= 0; at = branches_[at].parent) {
    if (at == place.branch) return place.tick <= limit;
    limit = branches_[at].fork;
  }
  return false;
}

bool PlainModel::NotAfter(const Place& a, const Place& b) const {
  return a.branch == b.branch ? a.tick <= b.tick : OnPath(a, b.branch);
}

PlainModel::AllRows PlainModel::RowsAt(const Place& place) const {
  Place at = place;
  while (true) {
    const Branch& branch = branches_[at.branch];
    const auto after = branch.kept.upper_bound(at.tick);
    if (after != branch.kept.begin()) return std::prev(after)->second;
    at = {branch.parent, branch.fork};
  }
}

PlainModel::Errors PlainModel::RestoreFull(const std::string& file) {
  if (open_) return kInTransaction;
  if (snapshot_) return kHasSnapshot;
  const Saved& backup = files_.at(file);
  state_ = State::kRestoring;
  shell_ = false;
  at_ = {backup.last, backup.last};
  away_.reset();
  chain_ = backup.first;
  chain_begins_ = false;
  restored_ = {file, file};
  bases_ = backup.own_bases;
  ++restore_count_;
  return {};
}

PlainModel::Errors PlainModel::RestoreGroup(const std::string& file, int group) {
  if (open_) return kInTransaction;
  if (snapshot_) return kHasSnapshot;
  if (state_ != State::kRestoring) {
    return edition_ == Edition::kEnterprise && group == 1 ? RestoreOnline(file) : Errors{3159};
  }
  if (shell_ && group != 0) return {4319};
  const Saved& backup = files_.at(file);
  at_[group] = backup.last;
  restored_[group] = file;
  bases_[group] = backup.own_bases[group];
  if (group == 0) chain_ = backup.first;
  ++restore_count_;
  return {};
}

PlainModel::Errors PlainModel::RestoreDifferential(const std::string& file) {
  if (open_) return kInTransaction;
  if (snapshot_) return kHasSnapshot;
  if (away_) return DifferentialOnline(files_.at(file));
  if (state_ != State::kRestoring) return {3117};
  if (shell_) return {4319};
  const Saved& backup = files_.at(file);
  Errors errors;
  for (int group = 0; group < kGroups; ++group) {
    if (backup.bases[group] != restored_[group]) errors.insert(3136);
    // Whether it is behind is a matter of LSNs, which other branches may share.
    const bool fits = OnPath(at_[group], backup.last.branch) && NotAfter(at_[group], backup.last);
    if (!fits) errors.insert({3120, 3121});
  }
  if (!errors.empty()) return errors;
  at_ = {backup.last, backup.last};
  chain_ = backup.first;
  ++restore_count_;
  return {};
}

PlainModel::Errors PlainModel::Misfit(const Saved& log, const Place& at) const {
  if (!OnPath(at, log.last.branch)) {
    // The far end of the log may still lie on our way, behind us.
    return OnPath(log.last, at.branch) ? Errors{4326} : Errors{4305, 4312, 4326, 4330};
  }
  if (at.branch == log.last.branch && at.tick > log.last.tick) return {4326};
  const bool before = OnPath(at, log.first.branch) && !(at == log.first) && NotAfter(at, log.first);
  if (before) return {log.begins ? 4312 : 4305};
  return {};
}

PlainModel::Errors PlainModel::RestoreOnline(const std::string& file) {
  const Saved& backup = files_.at(file);
  if (!OnPath(backup.last, here_.branch)) return {3116};
  if (!away_) target_ = here_;
  away_ = backup.last;
  restored_[1] = file;
  bases_[1] = backup.own_bases[1];
  ++restore_count_;
  return {};
}

PlainModel::Errors PlainModel::RollOnline(const Saved& backup) {
  if (const Errors errors = Misfit(backup, *away_); !errors.empty()) return errors;
  away_ = backup.last;
  ++restore_count_;
  return {};
}

PlainModel::Errors PlainModel::DifferentialOnline(const Saved& backup) {
  Errors errors;
  if (backup.bases[1] != restored_[1]) errors.insert(3136);
  const bool fits = OnPath(*away_, backup.last.branch) && NotAfter(*away_, backup.last);
  if (!fits) errors.insert({3120, 3121});
  if (!errors.empty()) return errors;
  away_ = backup.last;
  ++restore_count_;
  return {};
}

// What is not there yet stays away.
PlainModel::Errors PlainModel::RecoverOnline() {
  if (OnPath(*away_, here_.branch) && NotAfter(target_, *away_)) away_.reset();
  return {};
}

PlainModel::Errors PlainModel::RestoreLog(const std::string& file) {
  if (open_) return kInTransaction;
  if (snapshot_) return kHasSnapshot;
  if (away_) return RollOnline(files_.at(file));
  if (state_ != State::kRestoring) return {3117};
  if (shell_) return {4319};
  const Saved& backup = files_.at(file);
  const Place at = NotAfter(at_[0], at_[1]) ? at_[0] : at_[1];
  if (const Errors errors = Misfit(backup, at); !errors.empty()) return errors;
  const bool primary = NotAfter(at_[0], backup.last);
  for (Place& place : at_) {
    if (NotAfter(place, backup.last)) place = backup.last;
  }
  if (primary) chain_ = backup.last;
  ++restore_count_;
  return {};
}

void PlainModel::GrowBranch(const Place& from) {
  branches_.push_back({from.branch, from.tick, {}});
  here_ = {static_cast<int>(branches_.size()) - 1, from.tick + 1};
  Keep();
}

PlainModel::Errors PlainModel::Recover() {
  if (open_) return kInTransaction;
  if (snapshot_) return kHasSnapshot;
  if (away_) return RecoverOnline();
  if (state_ != State::kRestoring) return {3153};
  if (shell_) return {4333};
  if (!(at_[0] == at_[1])) return {4331};
  rows_ = RowsAt(at_[0]);
  GrowBranch(at_[0]);
  chain_begins_ = false;
  state_ = State::kOnline;
  return {};
}

PlainModel::Errors PlainModel::MakeSnapshot() {
  if (open_) return {226};
  if (snapshot_) return {1801};
  if (state_ != State::kOnline) return {1822};
  if (away_) return {5114};
  snapshot_ = rows_;
  snapshot_bases_ = bases_;
  return {};
}

PlainModel::Errors PlainModel::DropSnapshot() {
  if (open_) return {226};
  if (!snapshot_) return {3701};
  snapshot_.reset();
  return {};
}

PlainModel::Errors PlainModel::Revert() {
  if (open_) return kInTransaction;
  if (!snapshot_) return {3137};
  rows_ = *snapshot_;
  bases_ = snapshot_bases_;
  GrowBranch(here_);
  chain_.reset();
  chain_begins_ = false;
  ++restore_count_;
  return {};
}

std::vector<std::string> PlainModel::Files(Kind kind) const {
  std::vector<std::string> files;
  for (const auto& [name, backup] : files_) {
    const bool full = kind == Kind::kFull && backup.kind == Kind::kCopy;
    const bool log = kind == Kind::kLog && backup.kind == Kind::kTail;
    if (backup.kind == kind || full || log) files.push_back(name);
  }
  return files;
}

std::vector<std::string> PlainModel::Logs() const {
  std::vector<std::string> logs;
  for (const std::string& name : Files(Kind::kLog)) {
    const Place& end = files_.at(name).last;
    bool clear = true;
    for (const Place& place : at_) {
      clear = clear && (OnPath(place, end.branch) || OnPath(end, place.branch));
    }
    if (away_ || at_[0] == at_[1] || clear) logs.push_back(name);
  }
  return logs;
}

std::vector<std::string> PlainModel::FilesFor(int group) const {
  std::vector<std::string> files;
  const Place& other = at_[1 - group];
  for (const auto& [name, backup] : files_) {
    const bool data = backup.kind == Kind::kFull || backup.kind == Kind::kCopy ||
                      (backup.kind == Kind::kGroup && backup.group == group);
    if (!data) continue;
    const bool comparable = state_ == State::kOnline || shell_ ||
                            OnPath(backup.last, other.branch) || OnPath(other, backup.last.branch);
    if (comparable) files.push_back(name);
  }
  return files;
}

}  // namespace dbstow::doubles::sqlserver
