#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace dbstow::doubles::sqlserver {

/// What a database with its backups must be like, told without LSNs: a tree of branches, each with
/// a full copy of the rows after every commit. Shares nothing with the double.
class PlainModel {
 public:
  using Rows = std::map<int, std::string>;
  enum class State { kOnline, kRestoring };
  enum class Kind { kFull, kCopy, kDifferential, kLog };

  /// A place on the tree: how many log records that branch had.
  struct Place {
    int branch = 0;
    std::int64_t tick = 0;
    friend bool operator==(const Place&, const Place&) = default;
  };

  PlainModel();

  // Statements; each returns the error numbers that are possible, none for success.
  using Errors = std::set<int>;
  Errors Put(int id, const std::string& text);     ///< insert; 2627 when it is there
  Errors Change(int id, const std::string& text);  ///< update
  Errors Erase(int id);
  Errors Begin();
  Errors Commit();
  Errors Rollback();
  Errors Backup(Kind kind, const std::string& file);
  Errors RestoreFull(const std::string& file);
  Errors RestoreDifferential(const std::string& file);
  Errors RestoreLog(const std::string& file);
  Errors Recover();

  /// The connection is lost: an open transaction is rolled back.
  void Disconnect();
  /// A restore of a full backup was killed after it had begun.
  void BecomeShell();

  [[nodiscard]] State state() const { return state_; }
  /// Restoring, with nothing restored that could be recovered.
  [[nodiscard]] bool is_shell() const { return state_ == State::kRestoring && shell_; }
  [[nodiscard]] const Rows& rows() const { return rows_; }
  [[nodiscard]] bool in_transaction() const { return open_; }
  [[nodiscard]] int backups() const { return backup_count_; }
  [[nodiscard]] int restores() const { return restore_count_; }
  [[nodiscard]] std::vector<std::string> Files(Kind kind) const;

 private:
  struct Branch {
    int parent = -1;
    std::int64_t fork = 0;              ///< the parent's tick where it began
    std::map<std::int64_t, Rows> kept;  ///< committed rows after each tick that changed them
  };
  struct Saved {
    Kind kind = Kind::kFull;
    Place first;
    Place last;
    std::string base;  ///< of a differential: the file of its full backup
    bool base_copied = false;
    std::string differential_base;  ///< the database's when this was taken
  };

  [[nodiscard]] bool OnPath(const Place& place, int branch) const;
  [[nodiscard]] Rows RowsAt(const Place& place) const;
  void Tick(std::int64_t records) { here_.tick += records; }
  void Keep() { branches_[here_.branch].kept[here_.tick] = rows_; }
  template <class Edit>
  void Write(Edit edit);

  std::vector<Branch> branches_;
  std::map<std::string, Saved> files_;
  State state_ = State::kOnline;
  Rows rows_;
  Place here_;
  std::optional<Place> chain_;  ///< where the next log backup begins
  std::string base_;            ///< file of the differential base
  std::string restored_;        ///< file of the full backup that is being restored
  bool shell_ = false;          ///< restoring, with nothing restored
  bool open_ = false;
  bool begun_ = false;  ///< the open transaction has written
  Place began_;
  Rows before_;
  std::int64_t changes_ = 0;  ///< records to take back by a rollback
  int backup_count_ = 0;
  int restore_count_ = 0;
};

}  // namespace dbstow::doubles::sqlserver
