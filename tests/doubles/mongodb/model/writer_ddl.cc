#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/errors.h"
#include "doubles/mongodb/model/ids.h"
#include "doubles/mongodb/model/writer.h"

namespace dbstow::doubles::mongodb {
namespace {

std::string NumRecords(const Collection& collection) {
  return Builder().Add("numRecords", collection.count()).Finish();
}

}  // namespace

std::string IdIndexSpec() {
  const std::string key = Builder().Add("_id", 1).Finish();
  return Builder().Add("v", 2).Add("key", Document(key)).Add("name", "_id_").Finish();
}

void Writer::LogCommand(const Collection& collection, std::string o, std::string o2) {
  const std::string ns = collection.ns().db + ".$cmd";
  oplog_.Append({"c", ns, collection.uuid(), std::move(o), std::move(o2)});
}

Result<Collection*> Writer::Create(const Namespace& ns, const Document& options,
                                   const std::string& uuid) {
  if (!ns.IsLocal()) DBSTOW_TRY(CheckCollectionName(ns));
  if (catalog_.Find(ns) != nullptr || !catalog_.FindView(ns).empty()) {
    return CommandFailure(kNamespaceExists, "Collection " + ns.Full() + " already exists.");
  }
  const std::string id = uuid.empty() ? NewUuid() : uuid;
  Builder kept;
  std::string id_index = IdIndexSpec();
  for (const Element& option : options) {
    if (option.name() == "idIndex") {
      // Of what a client asks for only the collation is its own choice.
      const Element collation = option.AsDocument()["collation"];
      if (collation) id_index = Builder(Document(IdIndexSpec())).Add(collation).Finish();
    } else {
      kept.Add(option);
    }
  }
  const bool clustered = options.Has("clusteredIndex");
  const std::string stored = kept.Finish();
  Builder o;
  o.String("create", ns.collection).AddAll(Document(stored));
  if (!clustered) o.Add("idIndex", Document(id_index));
  oplog_.Append({"c", ns.db + ".$cmd", id, o.Finish(), ""});
  Collection& made = catalog_.Add(ns, id, stored);
  if (!clustered) {
    DBSTOW_TRY(made.AddIndex(id_index));
    catalog_.Save(made);
  }
  return &made;
}

Result<Collection*> Writer::FindOrCreate(const Namespace& ns) {
  if (Collection* found = catalog_.Find(ns)) return found;
  if (!catalog_.FindView(ns).empty()) {
    return CommandFailure(kCommandNotSupportedOnView,
                          "Namespace " + ns.Full() + " is a view, not a collection");
  }
  return Create(ns, Document());
}

void Writer::Drop(Collection& collection) {
  const std::string o = Builder().String("drop", collection.ns().collection).Finish();
  LogCommand(collection, o, NumRecords(collection));
  catalog_.Remove(collection);
}

void Writer::DropDatabase(const std::string& db) {
  const std::vector<Collection*> collections = catalog_.InDatabase(db);
  if (collections.empty()) return;
  for (Collection* collection : collections) Drop(*collection);
  oplog_.Append({"c", db + ".$cmd", "", Builder().Add("dropDatabase", 1).Finish(), ""});
}

Result<void> Writer::Rename(Collection& collection, const Namespace& to) {
  DBSTOW_TRY(CheckCollectionName(to));
  if (collection.ns().db != to.db) return MoveToOtherDatabase(collection, to);
  Builder o;
  o.String("renameCollection", collection.ns().Full()).String("to", to.Full());
  o.Add("stayTemp", false);
  Collection* replaced = catalog_.Find(to);
  const std::string records = NumRecords(replaced != nullptr ? *replaced : collection);
  if (replaced != nullptr) o.Add("dropTarget", Uuid{replaced->uuid()});
  LogCommand(collection, o.Finish(), records);
  if (replaced != nullptr) catalog_.Remove(*replaced);
  catalog_.Rename(collection, to);
  return {};
}

Result<void> Writer::MoveToOtherDatabase(Collection& collection, const Namespace& to) {
  const std::string suffix = std::to_string(NewCursorId() % 100000);
  DBSTOW_ASSIGN(Collection* const temporary,
                Create({to.db, "tmp" + suffix + ".renameCollection"}, collection.options()));
  std::vector<std::string> specs;
  for (const Index& index : collection.indexes()) {
    if (index.name != "_id_") specs.push_back(index.spec);
  }
  DBSTOW_TRY(AddIndexes(*temporary, specs));
  for (const auto& [record, history] : collection.records()) {
    const Body body = history.At(kLatest);
    if (!body) continue;
    DBSTOW_ASSIGN(const RecordId moved, Insert(*temporary, *body));
    (void)moved;
  }
  DBSTOW_TRY(Rename(*temporary, to));
  Drop(collection);
  return {};
}

void Writer::Modify(Collection& collection, const Document& changes, std::string options) {
  const std::string o =
      Builder().String("collMod", collection.ns().collection).AddAll(changes).Finish();
  const std::string old =
      Builder(collection.options()).Add("uuid", Uuid{collection.uuid()}).Finish();
  LogCommand(collection, o, Builder().Add("collectionOptions_old", Document(old)).Finish());
  collection.set_options(std::move(options));
  catalog_.Save(collection);
}

Result<void> Writer::AddIndexes(Collection& collection, const std::vector<std::string>& specs) {
  if (specs.empty()) return {};
  std::vector<std::string> added;
  for (const std::string& spec : specs) {
    if (auto outcome = collection.AddIndex(spec); !outcome) {
      for (const std::string& name : added) collection.RemoveIndex(name);
      return outcome;
    }
    added.emplace_back(Document(spec)["name"].AsString());
  }
  const std::string& name = collection.ns().collection;
  if (collection.count() == 0) {
    for (const std::string& spec : specs) {
      LogCommand(collection,
                 Builder().String("createIndexes", name).AddAll(Document(spec)).Finish());
    }
  } else {
    const std::string build = NewUuid();
    ArrayBuilder list;
    for (const std::string& spec : specs) list.Add(Document(spec));
    const std::string indexes = list.Finish();
    for (const char* phase : {"startIndexBuild", "commitIndexBuild"}) {
      LogCommand(collection, Builder()
                                 .String(phase, name)
                                 .Add("indexBuildUUID", Uuid{build})
                                 .Add("indexes", Array{Document(indexes)})
                                 .Finish());
    }
  }
  catalog_.Save(collection);
  return {};
}

void Writer::DropIndex(Collection& collection, const std::string& name) {
  const Index* index = collection.FindIndex(name);
  if (index == nullptr) return;
  LogCommand(
      collection,
      Builder().String("dropIndexes", collection.ns().collection).String("index", name).Finish(),
      index->spec);
  collection.RemoveIndex(name);
  catalog_.Save(collection);
}

}  // namespace dbstow::doubles::mongodb
