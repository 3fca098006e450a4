#include "doubles/mongodb/testing/oplog_replay.h"

namespace dbstow::doubles::mongodb::testing {
namespace {

/// Errors: Internal with the reply's text when the command failed.
Result<std::string> RunOk(WireClient& client, const std::string& db, Builder& command) {
  const std::string name(Document(Builder(command).Finish()).First().name());
  DBSTOW_ASSIGN(std::string reply, client.Run(db, command));
  const Document document(reply);
  if (!IsOk(reply) || document.Has("writeErrors")) {
    return Error(ErrorCode::kInternal,
                 name + ": " + std::string(document["errmsg"].AsString()) +
                     std::string(document["writeErrors"].AsDocument().bytes()));
  }
  return reply;
}

/// Of another server the entry's UUIDs mean nothing.
std::string WithoutUuids(const Document& entry) {
  Builder out;
  for (const Element& field : entry) {
    if (field.name() == "ui") continue;
    if (field.name() == "o" && entry["op"].AsString() == "c") {
      Builder command;
      for (const Element& part : field.AsDocument()) {
        if (part.name() == "dropTarget") {
          command.Add("dropTarget", true);
        } else if (part.name() == "applyOps") {
          ArrayBuilder nested;
          for (const Element& op : part.AsDocument()) {
            const std::string stripped = WithoutUuids(op.AsDocument());
            nested.Add(Document(stripped));
          }
          const std::string list = nested.Finish();
          command.Add("applyOps", Array{Document(list)});
        } else {
          command.Add(part);
        }
      }
      const std::string made = command.Finish();
      out.Add("o", Document(made));
    } else {
      out.Add(field);
    }
  }
  return out.Finish();
}

/// Index builds are no operations of applyOps: the specs are given to createIndexes.
Result<void> BuildIndexes(WireClient& client, const Document& entry) {
  const Document o = entry["o"].AsDocument();
  const std::string_view ns = entry["ns"].AsString();
  const std::string db(ns.substr(0, ns.find('.')));
  ArrayBuilder list;
  if (o.Has("indexes")) {
    for (const Element& spec : o["indexes"].AsDocument()) list.Add(spec);
  } else {
    Builder spec;
    for (const Element& field : o) {
      if (field.name() != "createIndexes") spec.Add(field);
    }
    const std::string made = spec.Finish();
    list.Add(Document(made));
  }
  const std::string specs = list.Finish();
  Builder command;
  command.String("createIndexes", o.First().AsString()).Add("indexes", Array{Document(specs)});
  DBSTOW_TRY(RunOk(client, db, command));
  return {};
}

}  // namespace

Result<std::vector<PlainDocument>> ReadDocuments(WireClient& client, const std::string& db,
                                                 const std::string& collection, Timestamp at) {
  Builder find;
  find.String("find", collection).Add("batchSize", 7);
  if (at.value != 0) {
    const std::string concern =
        Builder().Add("level", "snapshot").Add("atClusterTime", at).Finish();
    find.Add("readConcern", Document(concern));
  }
  DBSTOW_ASSIGN(const std::vector<std::string> found, client.ReadAll(db, find));
  std::vector<PlainDocument> documents;
  for (const std::string& document : found) documents.push_back(ReadPlain(document));
  return documents;
}

Result<PlainModel> ReadModel(WireClient& client, const std::string& db) {
  PlainModel model;
  DBSTOW_ASSIGN(const std::vector<std::string> collections,
                client.ReadAll(db, Builder().Add("listCollections", 1)));
  for (const std::string& description : collections) {
    const Document collection(description);
    const std::string name(collection["name"].AsString());
    if (name == "system.views") continue;
    if (collection["type"].AsString() == "view") {
      model.views[name] = ReadView(collection["options"].AsDocument());
      continue;
    }
    PlainCollection& read = model.collections[name];
    read.most = ReadValidator(collection["options"].AsDocument());
    read.cap = static_cast<int>(collection["options"].AsDocument()["max"].AsInt64());
    DBSTOW_ASSIGN(read.documents, ReadDocuments(client, db, name));
    DBSTOW_ASSIGN(const std::vector<std::string> specs,
                  client.ReadAll(db, Builder().String("listIndexes", name)));
    for (const std::string& spec : specs) {
      const std::string index{Document(spec)["name"].AsString()};
      if (index != "_id_") read.indexes.insert(index);
    }
  }
  DBSTOW_ASSIGN(const std::string users, client.Run(db, Builder().Add("usersInfo", 1)));
  for (const Element& user : Document(users)["users"].AsDocument()) {
    auto& roles = model.users[std::string(user.AsDocument()["user"].AsString())];
    for (const Element& role : user.AsDocument()["roles"].AsDocument()) {
      roles.emplace(role.AsDocument()["role"].AsString());
    }
  }
  return model;
}

Result<std::vector<std::string>> ReadOplog(WireClient& client, Timestamp from) {
  const std::string oldest_first = Builder().Add("$natural", 1).Finish();
  const std::string since = Builder().Add("$gt", from).Finish();
  const std::string filter = Builder().Add("ts", Document(since)).Finish();
  Builder oldest;
  oldest.Add("find", "oplog.rs").Add("sort", Document(oldest_first)).Add("limit", 1);
  Builder find;
  find.Add("find", "oplog.rs").Add("filter", Document(filter));
  DBSTOW_ASSIGN(std::vector<std::string> entries, client.ReadAll("local", find));
  // Asked last: what was rolled over while the entries were read is missed as well.
  DBSTOW_ASSIGN(const std::vector<std::string> first, client.ReadAll("local", oldest));
  if (first.empty() || from < Document(first[0])["ts"].AsTimestamp()) {
    return Error(ErrorCode::kInternal, "the oplog has rolled over");
  }
  return entries;
}

Result<void> MakeViewsCollection(WireClient& client, const std::string& db) {
  const std::string pipeline = ViewPipeline(0);
  Builder create;
  create.Add("create", "first").Add("viewOn", "nothing").Add("pipeline", Array{pipeline});
  DBSTOW_TRY(RunOk(client, db, create));
  DBSTOW_TRY(RunOk(client, db, Builder().Add("drop", "first")));
  return {};
}

Result<void> FillServer(WireClient& client, const std::string& db, const PlainModel& model) {
  DBSTOW_TRY(MakeViewsCollection(client, db));
  for (const auto& [name, view] : model.views) {
    const std::string pipeline = ViewPipeline(view.least);
    Builder create;
    create.String("create", name).String("viewOn", view.source).Add("pipeline", Array{pipeline});
    DBSTOW_TRY(RunOk(client, db, create));
  }
  for (const auto& [name, collection] : model.collections) {
    Builder create;
    create.String("create", name);
    if (collection.cap > 0)
      create.Add("capped", true).Add("size", 1 << 20).Add("max", collection.cap);
    DBSTOW_TRY(RunOk(client, db, create));
    ArrayBuilder list;
    for (const PlainDocument& document : collection.documents) {
      const std::string encoded = Encode(document);
      list.Add(Document(encoded));
    }
    if (!collection.documents.empty()) {
      const std::string documents = list.Finish();
      DBSTOW_TRY(
          RunOk(client, db, Builder().String("insert", name).Add("documents", Array{documents})));
    }
    // The documents may be older than the validator.
    if (collection.most) {
      const std::string validator = Validator(*collection.most);
      DBSTOW_TRY(RunOk(client, db,
                       Builder().String("collMod", name).Add("validator", Document(validator))));
    }
    for (const std::string& index : collection.indexes) {
      const std::string key = Builder().Add(index.substr(0, 1), 1).Finish();
      const std::string spec = Builder().Add("key", Document(key)).String("name", index).Finish();
      const std::string specs = ArrayBuilder().Add(Document(spec)).Finish();
      DBSTOW_TRY(
          RunOk(client, db, Builder().String("createIndexes", name).Add("indexes", Array{specs})));
    }
  }
  return {};
}

Result<void> ReplayOnServer(WireClient& client, const std::vector<std::string>& entries) {
  for (const std::string& bytes : entries) {
    const Document entry(bytes);
    const std::string_view command = entry["o"].AsDocument().First().name();
    const bool is_command = entry["op"].AsString() == "c";
    if (entry["op"].AsString() == "n" || (is_command && command == "startIndexBuild")) continue;
    if (is_command && (command == "createIndexes" || command == "commitIndexBuild")) {
      DBSTOW_TRY(BuildIndexes(client, entry));
      continue;
    }
    const std::string stripped = WithoutUuids(entry);
    const std::string list = ArrayBuilder().Add(Document(stripped)).Finish();
    DBSTOW_TRY(RunOk(client, "admin", Builder().Add("applyOps", Array{list})));
  }
  return {};
}

}  // namespace dbstow::doubles::mongodb::testing
