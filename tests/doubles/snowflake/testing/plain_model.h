#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dbstow::doubles::snowflake {

/// What the double should do, done the plainest way: a full copy of everything after each
/// statement. It shares no code with the double. One database, one retention of a day, times in
/// seconds.
class PlainModel {
 public:
  using Rows = std::vector<std::pair<int, int>>;
  /// What a statement should answer: "" or the vendor's number.
  using Outcome = std::string;

  struct Table {
    int identity = 0;
    Rows rows;
    double dropped = 0;
  };
  struct Schema {
    int identity = 0;
    std::map<std::string, Table> tables;
    std::vector<std::pair<std::string, Table>> dropped_tables;
    double dropped = 0;
  };
  struct World {
    double time = 0;
    std::map<std::string, Schema> schemas;
    std::vector<std::pair<std::string, Schema>> dropped_schemas;
  };

  /// Starts the next statement at this time.
  void Begin(double time);
  /// Ends it: keeps the copy. Returns the statement's number.
  size_t End();

  Outcome CreateSchema(const std::string& name);
  Outcome DropSchema(const std::string& name);
  Outcome UndropSchema(const std::string& name);
  Outcome RenameSchema(const std::string& from, const std::string& to);
  Outcome SwapSchemas(const std::string& a, const std::string& b);
  /// `at`: the number of a statement, or none for now.
  Outcome CloneSchema(const std::string& from, const std::string& to, std::optional<size_t> at);
  Outcome CreateTable(const std::string& schema, const std::string& name, bool replace);
  Outcome DropTable(const std::string& schema, const std::string& name);
  Outcome UndropTable(const std::string& schema, const std::string& name);
  Outcome RenameTable(const std::string& schema, const std::string& from, const std::string& to);
  Outcome SwapTables(const std::string& schema, const std::string& a, const std::string& b);
  Outcome CloneTable(const std::string& schema, const std::string& from, const std::string& to,
                     std::optional<size_t> at);
  Outcome Insert(const std::string& schema, const std::string& table, const Rows& rows);
  Outcome Update(const std::string& schema, const std::string& table, int key, int value);
  Outcome Delete(const std::string& schema, const std::string& table, int key);
  Outcome Truncate(const std::string& schema, const std::string& table);

  /// The sorted rows, or the number of the error.
  [[nodiscard]] std::pair<Outcome, Rows> Select(const std::string& schema, const std::string& table,
                                                std::optional<size_t> at) const;
  [[nodiscard]] const World& world() const { return world_; }

 private:
  Table* FindTable(const std::string& schema, const std::string& name);
  [[nodiscard]] static const Table* FindIdentity(const World& world, int identity);
  [[nodiscard]] static const Schema* FindSchemaIdentity(const World& world, int identity);
  [[nodiscard]] bool IsPast(size_t statement) const;

  int next_identity_ = 1;
  World world_;
  std::vector<World> after_;
};

}  // namespace dbstow::doubles::snowflake
