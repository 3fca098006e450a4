#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dbstow::doubles::snowflake {

/// What the double should do, done the plainest way: a full copy of everything after each
/// statement. It shares no code with the double. Times are in seconds.
class PlainModel {
 public:
  using Rows = std::vector<std::pair<int, int>>;
  /// What a statement should answer: "" or the vendor's number.
  using Outcome = std::string;

  /// What every object with a history has.
  struct Kept {
    int identity = 0;
    std::optional<int> retention;  ///< days; none: its container's
    double readable_from = 0;      ///< before that, all is lost for good
    double dropped = 0;
    int retention_at_drop = 0;
  };
  struct Table : Kept {
    Rows rows;
    bool transient = false;
    bool granted = false;  ///< SELECT, to the only role
  };
  struct Schema : Kept {
    std::map<std::string, Table> tables;
    std::vector<std::pair<std::string, Table>> dropped_tables;
    std::map<std::string, int> sequences;  ///< their next numbers; never dropped
  };
  struct Database : Kept {
    std::map<std::string, Schema> schemas;
    std::vector<std::pair<std::string, Schema>> dropped_schemas;
  };
  struct World {
    double time = 0;
    std::map<std::string, Database> databases;
    std::vector<std::pair<std::string, Database>> dropped_databases;
  };

  /// The name of a schema, and of what is in it.
  struct Place {
    std::string database;
    std::string schema;
    std::string name;
  };
  /// A moment that is looked back at: what the world was like then (none: there was nothing yet).
  struct Point {
    std::optional<std::size_t> world;
    double time = 0;
  };
  struct CloneOptions {
    std::optional<Point> point;  ///< none: now
    bool replace = false;
    bool transient = false;
    bool copy_grants = false;
    bool ignore_insufficient_retention = false;
  };

  /// Starts the next statement at this time.
  void Begin(double time);
  /// Ends it: keeps the copy. Returns the statement's number.
  std::size_t End();

  [[nodiscard]] Point AtStatement(std::size_t statement) const;
  [[nodiscard]] Point BeforeStatement(std::size_t statement) const;
  [[nodiscard]] Point AtTime(double time) const;
  [[nodiscard]] Point BeforeTime(double time) const;

  Outcome CreateDatabase(const std::string& name);
  Outcome DropDatabase(const std::string& name);
  Outcome UndropDatabase(const std::string& name);
  Outcome UndropDatabaseById(int identity);
  Outcome SwapDatabases(const std::string& a, const std::string& b);
  Outcome RenameDatabase(const std::string& from, const std::string& to);
  Outcome CloneDatabase(const std::string& from, const std::string& to,
                        const CloneOptions& options);
  Outcome CreateSchema(const Place& place);
  Outcome DropSchema(const Place& place);
  Outcome UndropSchema(const Place& place);
  Outcome UndropSchemaById(int identity);
  Outcome RenameSchema(const Place& from, const std::string& to);
  Outcome SwapSchemas(const Place& a, const std::string& b);
  Outcome CloneSchema(const Place& from, const Place& to, const CloneOptions& options);
  Outcome CreateTable(const Place& place, const CloneOptions& options);
  Outcome DropTable(const Place& place);
  Outcome UndropTable(const Place& place);
  Outcome UndropTableById(int identity);
  Outcome RenameTable(const Place& from, const std::string& to);
  Outcome SwapTables(const Place& a, const std::string& b);
  Outcome CloneTable(const Place& from, const Place& to, const CloneOptions& options);
  Outcome SetTableRetention(const Place& place, std::optional<int> days);
  Outcome SetSchemaRetention(const Place& place, std::optional<int> days);
  Outcome SetDatabaseRetention(const std::string& name, std::optional<int> days);
  Outcome GrantSelect(const Place& place, bool granted);
  Outcome CreateSequence(const Place& place);
  Outcome NextValue(const Place& place);
  Outcome Insert(const Place& place, const Rows& rows);
  Outcome Update(const Place& place, int key, int value);
  Outcome Delete(const Place& place, int key);
  Outcome Truncate(const Place& place);

  /// The sorted rows, or the number of the error.
  [[nodiscard]] std::pair<Outcome, Rows> Select(const Place& place,
                                                const std::optional<Point>& point) const;
  [[nodiscard]] const World& world() const { return world_; }
  [[nodiscard]] const Table* FindTable(const Place& place) const;

 private:
  [[nodiscard]] Database* FindDatabase(const std::string& name);
  [[nodiscard]] Schema* FindSchema(const Place& place);
  [[nodiscard]] Table* FindTable(const Place& place);
  /// `point` as a table may be read at it, or null.
  [[nodiscard]] const Table* Past(const Table& table, const Point& point) const;
  /// What `then` held at the point, as far as it can be had now. False when a table cannot.
  bool CopySchema(const Schema& then, const CloneOptions& options, Schema& copy);
  template <class T>
  void Start(T& object);
  template <class T>
  void Drop(std::map<std::string, T>& live, std::vector<std::pair<std::string, T>>& dropped,
            const std::string& name, int days);
  void Age();

  int next_identity_ = 1;
  World world_;
  std::vector<World> after_;
};

}  // namespace dbstow::doubles::snowflake
