#include <algorithm>

#include "doubles/mongodb/commands/command.h"

namespace dbstow::doubles::mongodb {
namespace {

constexpr std::string_view kIndexOptions[] = {"v",
                                              "key",
                                              "name",
                                              "unique",
                                              "sparse",
                                              "expireAfterSeconds",
                                              "partialFilterExpression",
                                              "collation",
                                              "weights",
                                              "default_language",
                                              "language_override",
                                              "textIndexVersion",
                                              "2dsphereIndexVersion",
                                              "bits",
                                              "min",
                                              "max",
                                              "background",
                                              "ns",
                                              "hidden",
                                              "storageEngine",
                                              "wildcardProjection",
                                              "prepareUnique",
                                              "clustered",
                                              "originalSpec",
                                              "dropDups"};

bool IsKnown(std::string_view option) {
  return std::find(std::begin(kIndexOptions), std::end(kIndexOptions), option) !=
         std::end(kIndexOptions);
}

std::string KindOf(const Document& key) {
  for (const Element& field : key) {
    if (field.Is(BsonType::kString)) return std::string(field.AsString());
  }
  return {};
}

Result<void> CheckKey(const Document& key) {
  if (key.empty()) {
    return CommandFailure(kCannotCreateIndex, "Index keys cannot be an empty document");
  }
  constexpr std::string_view kKinds[] = {"text", "2d", "2dsphere", "hashed"};
  for (const Element& field : key) {
    if (field.IsNumber() && field.AsLongDouble() == 0) {
      return CommandFailure(kCannotCreateIndex, "Values in the index key pattern cannot be 0.");
    }
    const bool kind =
        field.Is(BsonType::kString) &&
        std::find(std::begin(kKinds), std::end(kKinds), field.AsString()) != std::end(kKinds);
    if (!field.IsNumber() && !kind) {
      return CommandFailure(kCannotCreateIndex,
                            "Values in v:2 index key pattern cannot be of type " +
                                std::string(TypeName(field.type())) +
                                ". Only numbers > 0, numbers < 0, and strings "
                                "are allowed.");
    }
  }
  return {};
}

/// A text index is kept under a key of its own, its fields as weights.
void AddTextFields(const Document& spec, Builder& out) {
  Builder key;
  Builder weights;
  if (!spec["key"].AsDocument().Has("_fts")) {
    key.Add("_fts", "text").Add("_ftsx", 1);
    for (const Element& field : spec["key"].AsDocument()) {
      if (field.AsString() == "text") {
        weights.Add(field.name(), 1);
      } else {
        key.Add(field);
      }
    }
  } else {
    key.AddAll(spec["key"].AsDocument());
  }
  const std::string made_key = key.Finish();
  const std::string made_weights = weights.Finish();
  out.Add("key", Document(made_key)).Add(spec["name"]);
  if (!spec.Has("weights")) out.Add("weights", Document(made_weights));
  if (!spec.Has("default_language")) out.Add("default_language", "english");
  if (!spec.Has("language_override")) out.Add("language_override", "language");
  if (!spec.Has("textIndexVersion")) out.Add("textIndexVersion", 3);
}

/// As listIndexes will show it.
std::string Normalize(const Document& spec) {
  Builder out;
  out.Add("v", spec["v"] ? static_cast<std::int32_t>(spec["v"].AsInt64()) : 2);
  const std::string kind = KindOf(spec["key"].AsDocument());
  if (kind == "text") {
    AddTextFields(spec, out);
  } else {
    out.Add(spec["key"]).Add(spec["name"]);
    if (kind == "2dsphere" && !spec.Has("2dsphereIndexVersion")) out.Add("2dsphereIndexVersion", 3);
  }
  for (const Element& option : spec) {
    const std::string_view name = option.name();
    if (name == "v" || name == "key" || name == "name" || name == "ns" || name == "background" ||
        name == "dropDups") {
      continue;
    }
    out.Add(option);
  }
  return out.Finish();
}

Result<std::string> CheckSpec(const Element& element, bool ignore_unknown) {
  if (!element.Is(BsonType::kObject)) {
    return CommandFailure(kTypeMismatch, "The elements of the 'indexes' array must be objects");
  }
  const Document spec = element.AsDocument();
  Builder kept;
  for (const Element& option : spec) {
    if (IsKnown(option.name())) {
      kept.Add(option);
    } else if (!ignore_unknown) {
      return CommandFailure(kInvalidIndexSpecificationOption,
                            "The field '" + std::string(option.name()) +
                                "' is not valid for an index specification.");
    }
  }
  for (const char* name : {"key", "name"}) {
    if (spec.Has(name)) continue;
    return CommandFailure(kFailedToParse, "The '" + std::string(name) +
                                              "' field is a required property of an index "
                                              "specification");
  }
  if (spec["name"].AsString().empty()) {
    return CommandFailure(kCannotCreateIndex, "index name cannot be empty");
  }
  DBSTOW_TRY(CheckKey(spec["key"].AsDocument()));
  if (const Element partial = spec["partialFilterExpression"]) {
    DBSTOW_TRY(Matcher::Parse(partial.AsDocument()));
  }
  const std::string made = kept.Finish();
  return Normalize(made);
}

bool SameSpec(const Document& left, const Document& right) {
  for (const Element& field : left) {
    if (field.name() != "v" && !right[field.name()].SameAs(field)) return false;
  }
  return left.Count() == right.Count();
}

/// True when the index exists as it is asked for. Errors: IndexOptionsConflict,
/// IndexKeySpecsConflict.
Result<bool> Exists(const Collection& collection, const std::string& spec) {
  const Document wanted(spec);
  const Index* by_name = collection.FindIndex(wanted["name"].AsString());
  const Index* by_key = collection.FindIndexByKey(wanted["key"].AsDocument());
  if (by_name != nullptr && by_name != by_key && by_name->name != "_id_") {
    return CommandFailure(kIndexKeySpecsConflict,
                          "An existing index has the same name as the requested index. When index "
                          "names are not specified, they are auto generated and can cause "
                          "conflicts. Please refer to our documentation. Requested index: " +
                              by_name->name);
  }
  if (by_key == nullptr) return false;
  if (by_key->name == "_id_") return true;
  if (by_key->name != wanted["name"].AsString()) {
    // Another collation or filter makes it another index.
    const Document held(by_key->spec);
    if (!held["collation"].SameAs(wanted["collation"]) ||
        !held["partialFilterExpression"].SameAs(wanted["partialFilterExpression"])) {
      return false;
    }
    return CommandFailure(kIndexOptionsConflict,
                          "Index already exists with a different name: " + by_key->name);
  }
  if (!SameSpec(by_key->spec, wanted)) {
    return CommandFailure(kIndexOptionsConflict,
                          "An equivalent index already exists with the same name but different "
                          "options. Requested index: " +
                              by_key->name);
  }
  return true;
}

Result<void> CreateIndexes(Context& context, Builder& reply) {
  DBSTOW_ASSIGN(const Namespace target, context.TargetNamespace());
  const Element list = context.command["indexes"];
  if (!list.Is(BsonType::kArray) || list.AsDocument().empty()) {
    return CommandFailure(kBadValue, "Must specify at least one index to create");
  }
  const bool lenient = context.command["ignoreUnknownIndexOptions"].Truthy();
  Namespace ns = target;
  const std::string view = context.catalog().FindView(target);
  if (!view.empty()) {
    const std::string source{Document(view)["viewOn"].AsString()};
    // Indexes of a time series are those of its buckets; translating keys is not part of this.
    if (source.rfind(kBucketsPrefix, 0) == 0) {
      return CommandFailure(kCommandNotSupported,
                            "this server cannot create indexes on a time-series collection");
    }
    return CommandFailure(kCommandNotSupportedOnView, "Cannot create indexes on a view");
  }
  std::vector<std::string> specs;
  for (const Element& element : list.AsDocument()) {
    DBSTOW_ASSIGN(std::string spec, CheckSpec(element, lenient));
    specs.push_back(std::move(spec));
  }
  const bool made_collection = context.catalog().Find(ns) == nullptr;
  DBSTOW_ASSIGN(Collection* const collection, context.node.writer().FindOrCreate(ns));
  const auto before = static_cast<std::int32_t>(collection->indexes().size());
  std::vector<std::string> missing;
  for (std::string& spec : specs) {
    DBSTOW_ASSIGN(const bool exists, Exists(*collection, spec));
    if (!exists) missing.push_back(std::move(spec));
  }
  DBSTOW_TRY(context.node.writer().AddIndexes(*collection, missing));
  reply.Add("numIndexesBefore", before)
      .Add("numIndexesAfter", static_cast<std::int32_t>(collection->indexes().size()))
      .Add("createdCollectionAutomatically", made_collection);
  if (missing.empty()) reply.Add("note", "all indexes already exist");
  if (context.node.in_replica_set()) reply.Add("commitQuorum", "votingMembers");
  return {};
}

Result<void> DropIndexes(Context& context, Builder& reply) {
  DBSTOW_ASSIGN(const Namespace ns, context.TargetNamespace());
  Collection* collection = context.catalog().Find(ns);
  if (collection == nullptr) {
    return CommandFailure(kNamespaceNotFound, "ns not found " + ns.Full());
  }
  const Element asked = context.command["index"];
  std::vector<std::string> names;
  const auto before = static_cast<std::int32_t>(collection->indexes().size());
  const auto add = [&](std::string_view name) -> Result<void> {
    if (name == "_id_") return CommandFailure(kInvalidOptions, "cannot drop _id index");
    if (collection->FindIndex(name) == nullptr) {
      return CommandFailure(kIndexNotFound,
                            "index not found with name [" + std::string(name) + "]");
    }
    names.emplace_back(name);
    return {};
  };
  if (asked.AsString() == "*") {
    for (const Index& index : collection->indexes()) {
      if (index.name != "_id_") names.push_back(index.name);
    }
  } else if (asked.Is(BsonType::kString)) {
    DBSTOW_TRY(add(asked.AsString()));
  } else if (asked.Is(BsonType::kArray)) {
    for (const Element& name : asked.AsDocument()) DBSTOW_TRY(add(name.AsString()));
  } else if (asked.Is(BsonType::kObject)) {
    const Index* index = collection->FindIndexByKey(asked.AsDocument());
    if (index == nullptr) return CommandFailure(kIndexNotFound, "can't find index with key");
    DBSTOW_TRY(add(index->name));
  } else {
    return CommandFailure(kTypeMismatch,
                          "BSON field 'dropIndexes.index' is missing or of a wrong type");
  }
  for (const std::string& name : names) context.node.writer().DropIndex(*collection, name);
  reply.Add("nIndexesWas", before);
  return {};
}

using Access = CommandSpec::Access;
constexpr CommandSpec kCommands[] = {
    {"createIndexes", Access::kCollection, "createIndex", CommandSpec::kWrites,
     "indexes ignoreUnknownIndexOptions commitQuorum isTimeseriesNamespace", CreateIndexes},
    {"dropIndexes", Access::kCollection, "dropIndex", CommandSpec::kWrites, "index", DropIndexes},
};

}  // namespace

std::span<const CommandSpec> IndexCommands() { return kCommands; }

}  // namespace dbstow::doubles::mongodb
