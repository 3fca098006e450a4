#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace dbstow::doubles::sqlserver {

/// What a database of two file groups, with a table in each, must be like with its backups, told
/// without LSNs: a tree of branches, each with a full copy of the rows after every commit. Shares
/// nothing with the double.
class PlainModel {
 public:
  static constexpr int kGroups = 2;  ///< the primary one, which has the catalog, and another
  using Rows = std::map<int, std::string>;
  using AllRows = std::array<Rows, kGroups>;
  enum class State { kOnline, kRestoring };
  /// A tail is a log backup that leaves the database restoring; kGroup is of one file group.
  enum class Kind { kFull, kCopy, kDifferential, kLog, kTail, kGroup };

  /// A place on the tree: how many log records that branch had.
  struct Place {
    int branch = 0;
    std::int64_t tick = 0;
    friend bool operator==(const Place&, const Place&) = default;
  };

  /// Whether the second file group can be restored while the database is online.
  enum class Edition { kStandard, kEnterprise };

  explicit PlainModel(Edition edition);

  // Statements; each returns the error numbers that are possible, none for success.
  using Errors = std::set<int>;
  Errors Put(int group, int id, const std::string& text);     ///< insert; 2627 when it is there
  Errors Change(int group, int id, const std::string& text);  ///< update
  Errors Erase(int group, int id);
  Errors Begin();
  Errors Commit();
  Errors Rollback();
  /// `group` is for kGroup.
  Errors Backup(Kind kind, const std::string& file, int group = 0);
  Errors RestoreFull(const std::string& file);
  Errors RestoreGroup(const std::string& file, int group);
  Errors RestoreDifferential(const std::string& file);
  Errors RestoreLog(const std::string& file);
  Errors Recover();
  Errors MakeSnapshot();
  Errors DropSnapshot();
  Errors Revert();

  /// The connection is lost: an open transaction is rolled back.
  void Disconnect();
  /// A restore of a full backup was killed after it had begun.
  void BecomeShell();

  [[nodiscard]] State state() const { return state_; }
  /// Restoring, with nothing restored that could be recovered.
  [[nodiscard]] bool is_shell() const { return state_ == State::kRestoring && shell_; }
  [[nodiscard]] const AllRows& rows() const { return rows_; }
  /// The second file group is being restored, with the database online.
  [[nodiscard]] bool is_away() const { return away_.has_value(); }
  [[nodiscard]] const std::optional<AllRows>& snapshot() const { return snapshot_; }
  [[nodiscard]] bool in_transaction() const { return open_; }
  [[nodiscard]] int backups() const { return backup_count_; }
  [[nodiscard]] int restores() const { return restore_count_; }
  [[nodiscard]] std::vector<std::string> Files(Kind kind) const;
  /// Backups that a file group can be restored from, on one path with where the other group is:
  /// what lies on different paths cannot be put in order without LSNs.
  [[nodiscard]] std::vector<std::string> FilesFor(int group) const;
  /// Log backups that can be put in order with where both file groups are.
  [[nodiscard]] std::vector<std::string> Logs() const;

 private:
  struct Branch {
    int parent = -1;
    std::int64_t fork = 0;                 ///< the parent's tick where it began
    std::map<std::int64_t, AllRows> kept;  ///< committed rows after each tick that changed them
  };
  using Bases = std::array<std::string, kGroups>;  ///< the file of each group's full backup
  struct Saved {
    Kind kind = Kind::kFull;
    int group = 0;
    Place first;
    Place last;
    bool begins = false;  ///< a log that begins a chain
    Bases bases;          ///< of a differential
    Bases own_bases;      ///< the database's when this was taken
  };

  [[nodiscard]] bool OnPath(const Place& place, int branch) const;
  /// Not after; both are on one path.
  [[nodiscard]] bool NotAfter(const Place& a, const Place& b) const;
  [[nodiscard]] AllRows RowsAt(const Place& place) const;
  void Tick(std::int64_t records) { here_.tick += records; }
  void Keep() { branches_[here_.branch].kept[here_.tick] = rows_; }
  void GrowBranch(const Place& from);
  /// What a log does to something at a place; nothing when it fits.
  [[nodiscard]] Errors Misfit(const Saved& log, const Place& at) const;
  Errors RestoreOnline(const std::string& file);
  Errors RollOnline(const Saved& backup);
  Errors DifferentialOnline(const Saved& backup);
  Errors RecoverOnline();
  template <class Edit>
  Errors Write(Edit edit);

  Edition edition_;
  std::vector<Branch> branches_;
  std::map<std::string, Saved> files_;
  State state_ = State::kOnline;
  AllRows rows_;
  Place here_;
  std::array<Place, kGroups> at_;  ///< while it is restored
  std::optional<Place> away_;      ///< where the second group is, while it is restored online
  Place target_;                   ///< and where it must get
  std::optional<Place> chain_;     ///< where the next log backup begins
  bool chain_begins_ = false;      ///< and whether it is the first of its chain
  Bases bases_;                    ///< differential bases
  Bases restored_;                 ///< what was restored last
  bool shell_ = false;             ///< restoring, with nothing restored
  bool open_ = false;
  bool begun_ = false;  ///< the open transaction has written
  AllRows before_;
  std::int64_t changes_ = 0;  ///< records to take back by a rollback
  std::optional<AllRows> snapshot_;
  Bases snapshot_bases_;
  int backup_count_ = 0;
  int restore_count_ = 0;
};

}  // namespace dbstow::doubles::sqlserver
