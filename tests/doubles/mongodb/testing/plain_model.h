#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "doubles/mongodb/bson/element.h"

namespace dbstow::doubles::mongodb::testing {

/// A document of the histories: nothing but an id, a number and a text, so that the model needs
/// nothing of the double's own code.
struct PlainDocument {
  int id = 0;
  std::optional<std::int64_t> number;
  std::optional<std::string> text;
  bool operator==(const PlainDocument&) const = default;
};

struct PlainCollection {
  std::vector<PlainDocument> documents;  ///< in the order inserted
  std::set<std::string> indexes;
  int cap = 0;                       ///< the most documents it holds; 0: not capped
  std::optional<std::int64_t> most;  ///< the validator: a number is not greater
  bool operator==(const PlainCollection&) const = default;

  [[nodiscard]] PlainDocument* Find(int id);
  void Remove(int id);
  [[nodiscard]] bool IsValid(const PlainDocument& document) const {
    return !most || !document.number || *document.number <= *most;
  }
  /// Removes the oldest documents above the cap.
  void EnforceCap();
};

/// The documents of a collection or another view whose number is not less.
struct PlainView {
  std::string source;
  std::int64_t least = 0;
  bool operator==(const PlainView&) const = default;
};

/// One database, as plainly as can be. Copying it is a full copy.
struct PlainModel {
  std::map<std::string, PlainCollection> collections;
  std::map<std::string, PlainView> views;
  std::map<std::string, std::set<std::string>> users;  ///< and their roles
  bool operator==(const PlainModel&) const = default;

  /// What a reader of a view sees.
  [[nodiscard]] std::vector<PlainDocument> Seen(const std::string& view) const;
};

/// The condition of a view's pipeline, and of a validator, as the vendor writes them.
[[nodiscard]] std::string ViewPipeline(std::int64_t least);
[[nodiscard]] std::string Validator(std::int64_t most);
[[nodiscard]] PlainView ReadView(const Document& definition);
[[nodiscard]] std::optional<std::int64_t> ReadValidator(const Document& options);

[[nodiscard]] PlainDocument ReadPlain(const Document& document);
[[nodiscard]] std::string Encode(const PlainDocument& document);
/// All but the users, which live in another database.
[[nodiscard]] std::string Describe(const PlainModel& model);

/// Applies one entry of the oplog, written as the vendor documents entries, to a model. Returns
/// what is wrong with it; empty when nothing is. Entries of other databases than `db` are passed
/// over.
[[nodiscard]] std::string ApplyEntry(const Document& entry, const std::string& db,
                                     PlainModel& model);

}  // namespace dbstow::doubles::mongodb::testing
