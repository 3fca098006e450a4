#include "doubles/sqlserver/testing/plain_model.h"

namespace dbstow::doubles::sqlserver {
namespace {

const PlainModel::Errors kRestoringErrors{927};
const PlainModel::Errors kInTransaction{3021};

}  // namespace

PlainModel::PlainModel() {
  branches_.emplace_back();
  Keep();
}

// One autocommitted statement is begin, changes, commit; in a transaction the begin comes with its
// first change.
template <class Edit>
void PlainModel::Write(Edit edit) {
  if (open_ && !begun_) {
    begun_ = true;
    began_ = here_;
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
}

PlainModel::Errors PlainModel::Put(int id, const std::string& text) {
  if (state_ != State::kOnline) return kRestoringErrors;
  if (rows_.contains(id)) return {2627};
  Write([&] {
    rows_[id] = text;
    return 1;
  });
  return {};
}

PlainModel::Errors PlainModel::Change(int id, const std::string& text) {
  if (state_ != State::kOnline) return kRestoringErrors;
  Write([&]() -> std::int64_t {
    if (!rows_.contains(id)) return 0;
    rows_[id] = text;
    return 1;
  });
  return {};
}

PlainModel::Errors PlainModel::Erase(int id) {
  if (state_ != State::kOnline) return kRestoringErrors;
  Write([&] { return static_cast<std::int64_t>(rows_.erase(id)); });
  return {};
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
  rows_.clear();
}

PlainModel::Errors PlainModel::Backup(Kind kind, const std::string& file) {
  if (open_) return kInTransaction;
  if (state_ != State::kOnline) return kRestoringErrors;
  if (kind == Kind::kLog && !chain_) return {4214};
  if (kind == Kind::kDifferential && base_.empty()) return {3035};
  Saved backup{kind, kind == Kind::kLog ? *chain_ : here_, here_};
  if (kind == Kind::kDifferential) backup.base = base_;
  if (kind == Kind::kFull) base_ = file;
  backup.differential_base = base_;
  files_[file] = backup;
  if (kind == Kind::kLog || (kind != Kind::kCopy && !chain_)) chain_ = here_;
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

PlainModel::Rows PlainModel::RowsAt(const Place& place) const {
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
  const Saved& backup = files_.at(file);
  state_ = State::kRestoring;
  shell_ = false;
  here_ = backup.last;
  chain_ = backup.first;
  restored_ = file;
  base_ = backup.differential_base;
  ++restore_count_;
  return {};
}

PlainModel::Errors PlainModel::RestoreDifferential(const std::string& file) {
  if (open_) return kInTransaction;
  if (state_ != State::kRestoring) return {3117};
  if (shell_) return {4319};
  const Saved& backup = files_.at(file);
  if (backup.base != restored_) return {3136};
  // Whether it is behind is a matter of LSNs, which other branches may share.
  const bool on_path = OnPath(here_, backup.last.branch);
  if (on_path && (here_.branch != backup.last.branch || here_.tick <= backup.last.tick)) {
    here_ = backup.last;
    chain_ = backup.first;
    ++restore_count_;
    return {};
  }
  return {3120, 3121};
}

PlainModel::Errors PlainModel::RestoreLog(const std::string& file) {
  if (open_) return kInTransaction;
  if (state_ != State::kRestoring) return {3117};
  if (shell_) return {4319};
  const Saved& backup = files_.at(file);
  if (!OnPath(here_, backup.last.branch)) {
    // The far end of the log may still lie on our way, behind us.
    return OnPath(backup.last, here_.branch) ? Errors{4326} : Errors{4305, 4326, 4330};
  }
  if (here_.branch == backup.last.branch && here_.tick > backup.last.tick) return {4326};
  const bool before = OnPath(here_, backup.first.branch) && !(here_ == backup.first) &&
                      (here_.branch != backup.first.branch || here_.tick < backup.first.tick);
  if (before) return {4305};
  here_ = backup.last;
  chain_ = backup.last;
  ++restore_count_;
  return {};
}

PlainModel::Errors PlainModel::Recover() {
  if (open_) return kInTransaction;
  if (state_ != State::kRestoring) return {3153};
  if (shell_) return {4333};
  rows_ = RowsAt(here_);
  branches_.push_back({here_.branch, here_.tick, {}});
  here_ = {static_cast<int>(branches_.size()) - 1, here_.tick + 1};
  Keep();
  state_ = State::kOnline;
  return {};
}

std::vector<std::string> PlainModel::Files(Kind kind) const {
  std::vector<std::string> files;
  for (const auto& [name, backup] : files_) {
    const bool full = kind == Kind::kFull && backup.kind == Kind::kCopy;
    if (backup.kind == kind || full) files.push_back(name);
  }
  return files;
}

}  // namespace dbstow::doubles::sqlserver
