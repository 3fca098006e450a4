#include <algorithm>

#include "doubles/mongodb/bson/order.h"
#include "doubles/mongodb/commands/command.h"
#include "doubles/mongodb/model/time_series.h"
#include "doubles/mongodb/query/pipeline.h"
#include "doubles/mongodb/server/version.h"

namespace dbstow::doubles::mongodb {
namespace {

constexpr std::string_view kCreateFields =
    "capped size max autoIndexId idIndex storageEngine validator validationLevel validationAction "
    "indexOptionDefaults viewOn pipeline collation timeseries expireAfterSeconds clusteredIndex "
    "changeStreamPreAndPostImages temp encryptedFields flags";

bool IsGeneric(std::string_view name) {
  return name.substr(0, 1) == "$" || name == "lsid" || name == "txnNumber" ||
         name == "writeConcern" || name == "readConcern" || name == "comment" ||
         name == "maxTimeMS" || name.substr(0, 3) == "api";
}

/// Of what create and collMod share.
Result<void> CheckValidation(const Document& options) {
  if (const Element images = options["changeStreamPreAndPostImages"];
      images && !images.AsDocument()["enabled"].Is(BsonType::kBool)) {
    return CommandFailure(kTypeMismatch,
                          "BSON field 'changeStreamPreAndPostImages.enabled' has to be a bool");
  }
  if (const Element validator = options["validator"]) {
    DBSTOW_TRY(Matcher::Parse(validator.AsDocument()));
  }
  const std::string_view level = options["validationLevel"].AsString();
  const std::string_view action = options["validationAction"].AsString();
  if (!level.empty() && level != "off" && level != "strict" && level != "moderate") {
    return CommandFailure(kBadValue, "Enumeration value '" + std::string(level) +
                                         "' for field 'create.validationLevel' is not a valid "
                                         "value.");
  }
  if (!action.empty() && action != "error" && action != "warn") {
    return CommandFailure(kBadValue, "Enumeration value '" + std::string(action) +
                                         "' for field 'create.validationAction' is not a valid "
                                         "value.");
  }
  return {};
}

/// The options as the catalogue keeps them.
Result<std::string> CollectionOptions(const Document& command) {
  constexpr std::int64_t kSizeStep = 256;
  DBSTOW_TRY(RefuseOptions(command, {"encryptedFields"}));
  DBSTOW_TRY(CheckValidation(command));
  const bool capped = command["capped"].Truthy();
  const std::int64_t size = command["size"].AsInt64();
  if (capped && size <= 0) {
    return CommandFailure(kInvalidOptions, "the 'size' field is required when 'capped' is true");
  }
  if (!capped && command.Has("max")) {
    return CommandFailure(kInvalidOptions,
                          "the 'capped' field needs to be true when either the "
                          "'size' or 'max' fields are present");
  }
  Builder options;
  for (const Element& option : command) {
    const std::string_view name = option.name();
    if (name == "create" || IsGeneric(name) || name == "autoIndexId" || name == "flags") continue;
    if (name == "capped" && !capped) continue;
    if (name == "size") {
      if (capped) options.Add("size", (size + kSizeStep - 1) / kSizeStep * kSizeStep);
    } else if (name == "clusteredIndex" && option.Is(BsonType::kObject)) {
      Builder index;
      index.Add("v", 2);
      for (const Element& field : option.AsDocument()) {
        if (field.name() != "v" && field.name() != "name") index.Add(field);
      }
      const std::string_view index_name = option.AsDocument()["name"].AsString();
      index.String("name", index_name.empty() ? "_id_" : index_name);
      const std::string made = index.Finish();
      options.Add("clusteredIndex", Document(made));
    } else {
      options.Add(option);
    }
  }
  return options.Finish();
}

Result<void> AddView(Context& context, const Namespace& ns, std::string_view view_on,
                     const Document& pipeline, const Element& collation) {
  DBSTOW_ASSIGN(Collection* const views,
                context.node.writer().FindOrCreate({ns.db, "system.views"}));
  Builder document;
  document.String("_id", ns.Full()).String("viewOn", view_on).Add("pipeline", Array{pipeline});
  if (collation) document.Add(collation);
  DBSTOW_TRY(context.node.writer().Insert(*views, document.Finish()));
  return {};
}

Result<void> CreateView(Context& context, const Namespace& ns) {
  const Document& command = context.command;
  const Element pipeline = command["pipeline"];
  if (command["viewOn"].AsString().empty()) {
    return CommandFailure(kBadValue, "'viewOn' cannot be empty");
  }
  DBSTOW_TRY(Pipeline::Parse(pipeline.AsDocument(), Pipeline::Use::kView));
  return AddView(context, ns, command["viewOn"].AsString(), pipeline.AsDocument(),
                 command["collation"]);
}

Result<void> CreateTimeSeries(Context& context, const Namespace& ns) {
  DBSTOW_ASSIGN(const TimeSeries series, TimeSeries::Parse(context.command["timeseries"]));
  const std::string options = series.BucketOptions(context.command["expireAfterSeconds"]);
  const std::string buckets = std::string(kBucketsPrefix) + ns.collection;
  DBSTOW_TRY(context.node.writer().Create({ns.db, buckets}, options));
  return AddView(context, ns, buckets, series.UnpackPipeline(), Element());
}

Result<void> Create(Context& context, Builder&) {
  DBSTOW_ASSIGN(const Namespace ns, context.TargetNamespace());
  DBSTOW_TRY(CheckCollectionName(ns));
  if (context.catalog().Find(ns) != nullptr || !context.catalog().FindView(ns).empty()) {
    return CommandFailure(kNamespaceExists, "Collection " + ns.Full() + " already exists.");
  }
  if (context.command.Has("autoIndexId") && !context.command["autoIndexId"].Truthy()) {
    constexpr int kReplicatedWithoutIndex = 50001;
    if (ns.IsLocal()) {
      return CommandFailure(kCommandNotSupported,
                            "this server makes no collection without _id index");
    }
    return CommandFailure(kReplicatedWithoutIndex,
                          "autoIndexId:false is not allowed for collection " + ns.Full() +
                              " because it can be replicated");
  }
  if (context.command.Has("viewOn")) return CreateView(context, ns);
  if (context.command.Has("timeseries") && ns.collection.rfind(kBucketsPrefix, 0) != 0) {
    return CreateTimeSeries(context, ns);
  }
  if (context.command.Has("pipeline")) {
    return CommandFailure(kInvalidOptions, "'pipeline' requires 'viewOn' to also be specified");
  }
  DBSTOW_ASSIGN(const std::string options, CollectionOptions(context.command));
  DBSTOW_TRY(context.node.writer().Create(ns, options));
  return {};
}

Result<bool> DropView(Context& context, const Namespace& ns) {
  const std::string view = context.catalog().FindView(ns);
  if (view.empty()) return false;
  const std::string source{Document(view)["viewOn"].AsString()};
  Collection* views = context.catalog().Find({ns.db, "system.views"});
  const auto found = View().FindById(*views, OrderKey(Document(view)["_id"]));
  DBSTOW_TRY(context.node.writer().Remove(*views, found->first));
  Collection* buckets =
      source.rfind(kBucketsPrefix, 0) == 0 ? context.catalog().Find({ns.db, source}) : nullptr;
  if (buckets != nullptr) context.node.writer().Drop(*buckets);
  return true;
}

Result<void> Drop(Context& context, Builder& reply) {
  DBSTOW_ASSIGN(const Namespace ns, context.TargetNamespace());
  if (ns.IsOplog()) {
    return CommandFailure(kIllegalOperation, "can't drop live oplog while replicating");
  }
  DBSTOW_ASSIGN(const bool was_view, DropView(context, ns));
  Collection* collection = context.catalog().Find(ns);
  if (was_view || collection == nullptr) {
    if (!was_view && !AtLeast(context.node.options().version, {7, 0, 0})) {
      return CommandFailure(kNamespaceNotFound, "ns not found");
    }
    if (was_view) reply.String("ns", ns.Full());
    return {};
  }
  reply.Add("nIndexesWas", static_cast<std::int32_t>(collection->indexes().size()));
  reply.String("ns", ns.Full());
  context.node.writer().Drop(*collection);
  return {};
}

Result<void> DropDatabase(Context& context, Builder& reply) {
  if (context.db == "admin" || context.db == "local" || context.db == "config") {
    return CommandFailure(kIllegalOperation, "Cannot drop the '" + context.db + "' database");
  }
  const bool any = context.catalog().Databases().count(context.db) != 0;
  context.node.writer().DropDatabase(context.db);
  if (any) reply.String("dropped", context.db);
  return {};
}

Result<void> RenameCollection(Context& context, Builder&) {
  DBSTOW_ASSIGN(const Namespace from, ParseNamespace(context.target().AsString()));
  DBSTOW_ASSIGN(const Namespace to, ParseNamespace(context.command["to"].AsString()));
  DBSTOW_TRY(context.Authorize("dropCollection", from));
  DBSTOW_TRY(context.Authorize("insert", to));
  DBSTOW_TRY(CheckCollectionName(to));
  if (from.IsOplog() || to.IsOplog()) {
    return CommandFailure(kIllegalOperation, "can't rename live oplog while replicating");
  }
  Collection* source = context.catalog().Find(from);
  if (source == nullptr) {
    const bool view = !context.catalog().FindView(from).empty();
    return view ? CommandFailure(kCommandNotSupportedOnView, "cannot rename view: " + from.Full())
                : CommandFailure(kNamespaceNotFound,
                                 "Source collection " + from.Full() + " does not exist");
  }
  if (from == to) return CommandFailure(kIllegalOperation, "Can't rename a collection to itself");
  Collection* target = context.catalog().Find(to);
  if (!context.catalog().FindView(to).empty()) {
    return CommandFailure(kNamespaceExists, "a view already exists with that name: " + to.Full());
  }
  if (target != nullptr && !context.command["dropTarget"].Truthy()) {
    return CommandFailure(kNamespaceExists, "target namespace exists");
  }
  if (target != nullptr && from.db != to.db) context.node.writer().Drop(*target);
  return context.node.writer().Rename(*source, to);
}

/// `index: {name|keyPattern, expireAfterSeconds|hidden|unique|prepareUnique}`.
Result<void> ModifyIndex(Collection& collection, const Document& change) {
  const Index* index = change.Has("name")
                           ? collection.FindIndex(change["name"].AsString())
                           : collection.FindIndexByKey(change["keyPattern"].AsDocument());
  if (index == nullptr) return CommandFailure(kIndexNotFound, "cannot find index");
  Builder spec;
  for (const Element& field : Document(index->spec)) {
    if (!change.Has(field.name()) || field.name() == "name") spec.Add(field);
  }
  for (const Element& field : change) {
    const std::string_view name = field.name();
    if (name == "name" || name == "keyPattern") continue;
    if (name != "expireAfterSeconds" && name != "hidden" && name != "unique" &&
        name != "prepareUnique") {
      return CommandFailure(kInvalidOptions,
                            "unknown index option of collMod: " + std::string(name));
    }
    if (!(field.Is(BsonType::kBool) && !field.Truthy())) spec.Add(field);
  }
  collection.ReplaceIndexSpec(index->name, spec.Finish());
  return {};
}

Result<void> ModifyView(Context& context, const Namespace& ns, const std::string& view) {
  const Element pipeline = context.command["pipeline"];
  const Element source = context.command["viewOn"];
  if (!pipeline || !source) {
    return CommandFailure(kInvalidOptions,
                          "Must specify both 'viewOn' and 'pipeline' when modifying a view");
  }
  DBSTOW_TRY(Pipeline::Parse(pipeline.AsDocument(), Pipeline::Use::kView));
  Collection* views = context.catalog().Find({ns.db, "system.views"});
  const auto found = View().FindById(*views, OrderKey(Document(view)["_id"]));
  Builder document;
  document.Add(Document(view)["_id"]).Add(source).Add(pipeline);
  return context.node.writer().Update(*views, found->first, document.Finish(),
                                      Writer::LogAs::kReplacement);
}

constexpr std::string_view kModifiable[] = {
    "validator",         "validationLevel",    "validationAction", "changeStreamPreAndPostImages",
    kMayHaveMixedSchema, "expireAfterSeconds", "cappedSize",       "cappedMax"};

Result<void> CollMod(Context& context, Builder&) {
  DBSTOW_ASSIGN(Namespace ns, context.TargetNamespace());
  const std::string view = context.catalog().FindView(ns);
  if (!view.empty()) {
    const std::string source{Document(view)["viewOn"].AsString()};
    if (source.rfind(kBucketsPrefix, 0) != 0) return ModifyView(context, ns, view);
    ns.collection = source;
  }
  Collection* collection = context.catalog().Find(ns);
  if (collection == nullptr) {
    return CommandFailure(kNamespaceNotFound, "ns does not exist: " + ns.Full());
  }
  DBSTOW_TRY(CheckValidation(context.command));
  Builder changes;
  Builder options;
  const Document old = collection->options();
  for (const Element& field : context.command) {
    const std::string_view name = field.name();
    if (name == "collMod" || IsGeneric(name)) continue;
    if (name == "index") {
      DBSTOW_TRY(ModifyIndex(*collection, field.AsDocument()));
    } else if (std::find(std::begin(kModifiable), std::end(kModifiable), name) ==
               std::end(kModifiable)) {
      return CommandFailure(kInvalidOptions, "unknown option to collMod: " + std::string(name));
    }
    changes.Add(field);
  }
  const std::string made = changes.Finish();
  const auto stored_name = [](std::string_view name) -> std::string_view {
    if (name == "cappedSize") return "size";
    if (name == "cappedMax") return "max";
    return name;
  };
  const Document change_list(made);
  for (const Element& option : old) {
    const bool replaced = change_list.Has(option.name()) ||
                          (option.name() == "size" && change_list.Has("cappedSize")) ||
                          (option.name() == "max" && change_list.Has("cappedMax"));
    if (!replaced) options.Add(option);
  }
  for (const Element& change : change_list) {
    if (change.name() != "index") options.Add(stored_name(change.name()), change);
  }
  context.node.writer().Modify(*collection, change_list, options.Finish());
  return {};
}

using Access = CommandSpec::Access;
constexpr unsigned kWrites = CommandSpec::kWrites;
constexpr CommandSpec kCommands[] = {
    {"create", Access::kCollection, "createCollection", kWrites, kCreateFields, Create},
    {"drop", Access::kCollection, "dropCollection", kWrites, "", Drop},
    {"dropDatabase", Access::kDatabase, "dropDatabase", kWrites, "", DropDatabase},
    {"renameCollection", Access::kOwn, "", kWrites | CommandSpec::kAdminOnly,
     "to dropTarget stayTemp", RenameCollection},
    {"collMod", Access::kCollection, "collMod", kWrites, "*", CollMod},
};

}  // namespace

std::span<const CommandSpec> CatalogCommands() { return kCommands; }

}  // namespace dbstow::doubles::mongodb
