#pragma once

#include <functional>
#include <random>
#include <string>

#include "doubles/mongodb/testing/plain_model.h"

namespace dbstow::doubles::mongodb::testing {

/// One statement: the command, and what it does to the model when it succeeds.
struct Statement {
  std::string db;
  std::string command;
  std::function<void(PlainModel&)> effect;
  std::string what;
};

/// Draws statements over four collections, two views and two users of the database `history`. The
/// same seed draws the same.
class RandomStatements {
 public:
  static constexpr const char* kDb = "history";

  explicit RandomStatements(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] int Below(int limit);
  [[nodiscard]] std::string AnyName();
  /// Any of all kinds.
  [[nodiscard]] Statement Draw();
  /// An insert, update or delete.
  [[nodiscard]] Statement DrawWrite(const std::string& name);

 private:
  [[nodiscard]] PlainDocument AnyDocument();
  [[nodiscard]] Statement Insert(const std::string& name);
  [[nodiscard]] Statement Update(const std::string& name);
  [[nodiscard]] Statement Delete(const std::string& name);
  [[nodiscard]] Statement CreateCapped(const std::string& name);
  [[nodiscard]] Statement SetValidator(const std::string& name);
  [[nodiscard]] Statement ChangeView();
  [[nodiscard]] Statement ChangeUser();
  [[nodiscard]] Statement CreateIndex(const std::string& name);
  [[nodiscard]] Statement DropIndex(const std::string& name);
  [[nodiscard]] Statement Drop(const std::string& name);
  [[nodiscard]] Statement Rename(const std::string& from);

  std::mt19937_64 random_;
};

}  // namespace dbstow::doubles::mongodb::testing
