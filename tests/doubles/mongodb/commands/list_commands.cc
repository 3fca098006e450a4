#include "doubles/mongodb/commands/command.h"
#include "doubles/mongodb/model/time_series.h"

namespace dbstow::doubles::mongodb {
namespace {

std::int64_t FirstBatch(const Document& command) {
  constexpr std::int64_t kAll = 1000000;
  const Element size = command["cursor"].AsDocument()["batchSize"];
  return size ? size.AsInt64() : kAll;
}

/// Databases that hold something; what a user may see of them.
Result<void> ListDatabases(Context& context, Builder& reply) {
  const bool every = context.MayOnCluster("listDatabases");
  DBSTOW_ASSIGN(const Matcher filter, Matcher::Parse(context.command["filter"].AsDocument()));
  const bool name_only = context.command["nameOnly"].Truthy();
  if (context.command["authorizedDatabases"].Is(BsonType::kBool) && !every &&
      !context.command["authorizedDatabases"].Truthy()) {
    return context.AuthorizeOnCluster("listDatabases");
  }
  ArrayBuilder databases;
  std::int64_t total = 0;
  for (const std::string& db : context.catalog().Databases()) {
    if (!every && !context.May("find", {db, ""})) continue;
    std::int64_t bytes = 0;
    for (const Collection* collection : context.catalog().InDatabase(db)) {
      bytes += collection->bytes();
    }
    Builder entry;
    entry.String("name", db);
    if (!name_only) entry.Add("sizeOnDisk", bytes).Add("empty", false);
    const std::string made = entry.Finish();
    if (!filter.Matches(made)) continue;
    total += bytes;
    databases.Add(Document(made));
  }
  const std::string list = databases.Finish();
  reply.Add("databases", Array{Document(list)});
  if (!name_only) reply.Add("totalSize", total).Add("totalSizeMb", total >> 20);
  return {};
}

std::string DescribeCollection(const Collection& collection, bool name_only) {
  Builder entry;
  entry.String("name", collection.ns().collection).Add("type", "collection");
  if (name_only) return entry.Finish();
  const std::string info =
      Builder().Add("readOnly", false).Add("uuid", Uuid{collection.uuid()}).Finish();
  Builder options;
  for (const Element& option : collection.options()) {
    if (option.name() != kMayHaveMixedSchema) options.Add(option);  // of the catalogue only
  }
  const std::string shown = options.Finish();
  entry.Add("options", Document(shown)).Add("info", Document(info));
  const Index* id_index = collection.FindIndex("_id_");
  if (id_index != nullptr) entry.Add("idIndex", Document(id_index->spec));
  return entry.Finish();
}

std::string DescribeView(Catalog& catalog, const Document& view, bool name_only) {
  const std::string_view full = view["_id"].AsString();
  const std::string_view source = view["viewOn"].AsString();
  const std::string db(full.substr(0, full.find('.')));
  const bool series = source.substr(0, kBucketsPrefix.size()) == kBucketsPrefix;
  Builder entry;
  entry.String("name", full.substr(full.find('.') + 1));
  entry.Add("type", series ? "timeseries" : "view");
  if (name_only) return entry.Finish();
  Builder options;
  const Collection* buckets = series ? catalog.Find({db, std::string(source)}) : nullptr;
  if (buckets != nullptr) {
    for (const char* name : {"timeseries", "expireAfterSeconds"}) {
      if (const Element option = buckets->options()[name]) options.Add(option);
    }
  } else {
    for (const Element& field : view) {
      if (field.name() != "_id") options.Add(field);
    }
  }
  const std::string made = options.Finish();
  const std::string info = Builder().Add("readOnly", !series).Finish();
  return entry.Add("options", Document(made)).Add("info", Document(info)).Finish();
}

Result<void> ListCollections(Context& context, Builder& reply) {
  DBSTOW_ASSIGN(const Matcher filter, Matcher::Parse(context.command["filter"].AsDocument()));
  const bool name_only = context.command["nameOnly"].Truthy();
  const bool authorized = context.command["authorizedCollections"].Truthy() && name_only;
  if (!context.May("listCollections", {context.db, ""}) && !authorized) {
    return context.Authorize("listCollections", {context.db, ""});
  }
  std::vector<std::string> documents;
  const auto add = [&](const std::string& entry) {
    const std::string name{Document(entry)["name"].AsString()};
    if (authorized && !context.May("find", {context.db, name})) return;
    if (filter.Matches(entry)) documents.push_back(entry);
  };
  for (const Collection* collection : context.catalog().InDatabase(context.db)) {
    add(DescribeCollection(*collection, name_only));
  }
  for (const std::string& view : context.catalog().ViewsIn(context.db)) {
    add(DescribeView(context.catalog(), view, name_only));
  }
  const Namespace ns{context.db, "$cmd.listCollections"};
  return ReplyWithCursor(context, Cursor::OverDocuments(ns, std::move(documents)), ns.Full(),
                         FirstBatch(context.command), reply);
}

Result<void> ListIndexes(Context& context, Builder& reply) {
  DBSTOW_ASSIGN(const Namespace ns, context.TargetNamespaceOrUuid());
  Collection* collection = context.catalog().Find(ns);
  const std::string view = context.catalog().FindView(ns);
  if (collection == nullptr && !view.empty()) {
    const std::string source{Document(view)["viewOn"].AsString()};
    if (source.rfind(kBucketsPrefix, 0) != 0) {
      return CommandFailure(kCommandNotSupportedOnView,
                            "Namespace " + ns.Full() + " is a view, not a collection");
    }
    return ReplyWithCursor(context, Cursor::OverDocuments(ns, {}), ns.Full(), 101, reply);
  }
  if (collection == nullptr) {
    return CommandFailure(kNamespaceNotFound, "ns does not exist: " + ns.Full());
  }
  std::vector<std::string> documents;
  if (collection->clustered() && collection->options()["clusteredIndex"].Is(BsonType::kObject)) {
    documents.push_back(Builder(collection->options()["clusteredIndex"].AsDocument())
                            .Add("clustered", true)
                            .Finish());
  }
  for (const Index& index : collection->indexes()) documents.push_back(index.spec);
  return ReplyWithCursor(context, Cursor::OverDocuments(ns, std::move(documents)), ns.Full(),
                         FirstBatch(context.command), reply);
}

using Access = CommandSpec::Access;
constexpr CommandSpec kCommands[] = {
    {"listDatabases", Access::kLogin, "", CommandSpec::kReads | CommandSpec::kAdminOnly,
     "filter nameOnly authorizedDatabases", ListDatabases},
    {"listCollections", Access::kOwn, "", CommandSpec::kReads,
     "filter nameOnly authorizedCollections cursor", ListCollections},
    {"listIndexes", Access::kCollection, "listIndexes", CommandSpec::kReads, "cursor", ListIndexes},
};

}  // namespace

std::span<const CommandSpec> ListCommands() { return kCommands; }

}  // namespace dbstow::doubles::mongodb
