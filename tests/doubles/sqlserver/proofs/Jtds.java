import java.io.*;
import java.nio.charset.StandardCharsets;
import java.sql.*;
import java.util.*;

/** jTDS on the double: TDS without PRELOGIN, types, parameters, transactions, and the steps from the input. */
public class Jtds {
  static void check(boolean condition, String what) {
    if (!condition) throw new IllegalStateException("not so: " + what);
  }

  /** The numbers of the errors; the last rows, as text, are added to `found`. */
  static List<Integer> errors(Statement statement, String sql, List<String> found) {
    List<Integer> numbers = new ArrayList<>();
    try {
      boolean rows = statement.execute(sql);
      while (rows || statement.getUpdateCount() != -1) {
        if (rows) found.addAll(read(statement.getResultSet()));
        rows = statement.getMoreResults();
      }
    } catch (SQLException first) {
      for (SQLException e = first; e != null; e = e.getNextException()) numbers.add(e.getErrorCode());
    }
    return numbers;
  }

  static List<String> read(ResultSet rows) throws SQLException {
    List<String> found = new ArrayList<>();
    while (rows.next()) {
      StringBuilder row = new StringBuilder();
      for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
        row.append(i > 1 ? "\t" : "").append(rows.getString(i));
      }
      found.add(row.toString());
    }
    return found;
  }

  static void good(Statement statement, String sql) {
    List<Integer> numbers = errors(statement, sql, new ArrayList<>());
    check(numbers.isEmpty(), sql + ": " + numbers);
  }

  /** Batch, numbers, value, kept and found rows, apart by tabs: steps.py writes them. */
  static void walk(Statement statement, List<String> steps) {
    Map<String, List<String>> kept = new HashMap<>();
    for (String line : steps) {
      String[] step = line.split("\t", -1);
      List<String> rows = new ArrayList<>();
      String numbers = errors(statement, step[0], rows).toString().replaceAll("[\\[\\] ]", "");
      check(numbers.equals(step[1]), step[0] + ": " + numbers);
      check(step[2].isEmpty() || rows.equals(List.of(step[2])), step[0] + ": " + rows);
      if (!step[3].isEmpty()) kept.put(step[3], rows);
      check(step[4].isEmpty() || rows.equals(kept.get(step[4])), step[0] + ": " + rows);
    }
    check(!kept.isEmpty(), "rows were kept");
  }

  static void types(Connection connection, Statement statement) throws SQLException {
    good(statement, "CREATE DATABASE jtds");
    good(statement, "CREATE TABLE jtds.dbo.t (a int PRIMARY KEY, b nvarchar(20), c numeric(25,0), d datetime)");
    try (PreparedStatement insert = connection.prepareStatement("INSERT INTO jtds.dbo.t VALUES (?, ?, ?, ?)")) {
      for (int i = 0; i < 3; i++) {
        insert.setInt(1, i);
        insert.setString(2, "r\u00f6w " + i);
        insert.setBigDecimal(3, new java.math.BigDecimal("17126658000000314200037"));
        insert.setTimestamp(4, Timestamp.valueOf("2026-11-26 11:40:20.123"));
        check(insert.executeUpdate() == 1, "one row");
      }
    }
    ResultSet rows = statement.executeQuery("SELECT a, b, c, d FROM jtds.dbo.t ORDER BY a DESC");
    check(rows.next() && rows.getInt(1) == 2 && rows.getString(2).equals("r\u00f6w 2"), "the row");
    check(rows.getBigDecimal(3).toPlainString().equals("17126658000000314200037"), "the number");
    check(rows.getTimestamp(4).toString().equals("2026-11-26 11:40:20.123"), "the time");
    connection.setAutoCommit(false);
    good(statement, "DELETE FROM jtds.dbo.t");
    connection.rollback();
    connection.setAutoCommit(true);
    rows = statement.executeQuery("SELECT COUNT(*) FROM jtds.dbo.t");
    check(rows.next() && rows.getInt(1) == 3, "rolled back");
    good(statement, "BACKUP DATABASE jtds TO DISK = 'j.bak' WITH FORMAT, STATS = 20");
    rows = statement.executeQuery("RESTORE HEADERONLY FROM DISK = 'j.bak'");
    check(rows.next() && rows.getString("BackupTypeDescription").equals("Database"), "header");
    check(rows.getBigDecimal("FirstLSN").signum() > 0, "FirstLSN");
    rows.close();
    good(statement, "DROP DATABASE jtds");
  }

  public static void main(String[] arguments) throws Exception {
    List<String> steps = new ArrayList<>();
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) steps.add(line);
    String url = "jdbc:jtds:sqlserver://" + System.getenv("DOUBLE") + "/master";
    Class.forName("net.sourceforge.jtds.jdbc.Driver");
    for (String more : new String[] {";ssl=require", ""}) {
      try {
        DriverManager.getConnection(url + more, "sa", "wrong");
        check(false, "a wrong password");
      } catch (SQLException refused) {
        check(refused.getErrorCode() == 18456, "18456, not " + refused.getErrorCode());
      }
      try (Connection connection = DriverManager.getConnection(url + more, "sa", System.getenv("PASSWORD"));
           Statement statement = connection.createStatement()) {
        types(connection, statement);
        walk(statement, steps);
      }
    }
  }
}
