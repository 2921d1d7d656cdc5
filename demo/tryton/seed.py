"""Seeds the demo company through proteus (trytond in this process, the same code paths as RPC).

Environment: SEED_CONF, SEED_DATABASE, SEED_JSON (items with net prices, stores, password).
"""
import datetime
import json
import os
from decimal import Decimal

from proteus import Model, Wizard
from proteus import config as proteus_config

seed = json.load(open(os.environ['SEED_JSON'], encoding='utf-8'))
conf = proteus_config.set_trytond(os.environ['SEED_DATABASE'], config_file=os.environ['SEED_CONF'])
today = datetime.date.today()


def company():
    Party, Currency = Model.get('party.party'), Model.get('currency.currency')
    euro = Currency(name='Euro', symbol='€', code='EUR', numeric_code='978', rounding=Decimal('0.01'), digits=2)
    euro.rates.new(date=datetime.date(2020, 1, 1), rate=Decimal('1.0'))
    euro.save()
    retailer = Party(name='Demo Retail AB')
    retailer.save()
    wizard = Wizard('company.company.config')
    wizard.execute('company')
    wizard.form.party, wizard.form.currency = retailer, euro
    wizard.execute('add')
    conf._context = Model.get('res.user').get_preferences(True, {})
    return Model.get('company.company').find()[0]


def fiscal_year(company, year):
    Sequence, Kind = Model.get('ir.sequence'), Model.get('ir.sequence.type')
    Strict, Year = Model.get('ir.sequence.strict'), Model.get('account.fiscalyear')
    move = Sequence(name='Move %d' % year, sequence_type=Kind.find([('name', '=', 'Account Move')])[0], company=company)
    move.save()
    invoice = Strict(
        name='Invoice %d' % year, sequence_type=Kind.find([('name', '=', 'Invoice')])[0], company=company,
        prefix='%d-' % year)
    invoice.save()
    result = Year(
        name=str(year), company=company, post_move_sequence=move,
        start_date=datetime.date(year, 1, 1), end_date=datetime.date(year, 12, 31))
    numbers, = result.invoice_sequences
    numbers.out_invoice_sequence = numbers.out_credit_note_sequence = invoice
    numbers.in_invoice_sequence = numbers.in_credit_note_sequence = invoice
    result.save()
    result.click('create_period')
    return result


def chart(company):
    Template, Data = Model.get('account.account.template'), Model.get('ir.model.data')
    root, = Data.find([('module', '=', 'account'), ('fs_id', '=', 'account_template_root_en')])
    wizard = Wizard('account.create_chart')
    wizard.execute('account')
    wizard.form.account_template, wizard.form.company = Template(root.db_id), company
    wizard.execute('create_account')
    Account = Model.get('account.account')

    def account(*domain):
        return Account.find([('company', '=', company.id)] + list(domain), limit=1)[0]

    found = {kind: account(('type.' + kind, '=', True)) for kind in ('receivable', 'payable', 'revenue', 'expense')}
    found['tax'] = account(('name', '=', 'Main Tax'))
    wizard.form.account_receivable, wizard.form.account_payable = found['receivable'], found['payable']
    wizard.execute('create_properties')
    return found


def categories(accounts):
    Tax, Category = Model.get('account.tax'), Model.get('product.category')
    tax = Tax(
        name='VAT 25%', description='VAT 25%', type='percentage', rate=Decimal('0.25'),
        invoice_account=accounts['tax'], credit_note_account=accounts['tax'])
    tax.save()
    taxed = Category(
        name='Taxed goods', accounting=True,
        account_expense=accounts['expense'], account_revenue=accounts['revenue'])
    taxed.customer_taxes.append(tax)
    taxed.save()
    untaxed = Category(
        name='Untaxed', accounting=True,
        account_expense=accounts['expense'], account_revenue=accounts['revenue'])
    untaxed.save()
    return taxed, untaxed


def products(taxed, untaxed):
    Uom, Template, Product = Model.get('product.uom'), Model.get('product.template'), Model.get('product.product')
    piece, = Uom.find([('name', '=', 'Unit')])
    kilogram, = Uom.find([('name', '=', 'Kilogram')])
    kilogram.digits, kilogram.rounding = 3, 0.001  # tills weigh in grams
    kilogram.save()

    def product(code, name, price, unit, kind, category, barcode=None):
        template = Template(
            name=name, default_uom=unit, sale_uom=unit, type=kind, salable=True, list_price=Decimal(price),
            account_category=category)
        variant, = template.products
        variant.suffix_code = code
        variant.cost_price = (Decimal(price) / 2).quantize(Decimal('0.01'))
        template.save()
        saved = Product(template.products[0].id)
        if barcode:
            saved.identifiers.new(type='ean', code=barcode)
            saved.save()
        return saved

    goods = [
        product(item['code'], item['name'], item['net'], kilogram if item['unit'] == 'kg' else piece, 'goods', taxed,
            item['barcode'])
        for item in seed['items']]
    product(seed['roundingCode'], 'Rounding', '0.00', piece, 'service', untaxed)
    return goods


def walk_in():
    Term, Party = Model.get('account.invoice.payment_term'), Model.get('party.party')
    term = Term(name='Direct')
    term.lines.new(type='remainder')
    term.save()
    party = Party(name=seed['walkInParty'], customer_payment_term=term)
    party.addresses[0].street = 'At the till'
    party.save()


def store(code, name, goods):
    Location, Inventory = Model.get('stock.location'), Model.get('stock.inventory')

    def location(suffix, title, kind):
        result = Location(name='%s %s' % (name, title), code='%s-%s' % (code, suffix), type=kind)
        result.save()
        return result

    warehouse = Location(name=name, code=code, type='warehouse')
    shelf = location('STO', 'shelf', 'storage')
    warehouse.storage_location = warehouse.output_location = shelf  # the till takes from the shelf: no picking step
    warehouse.input_location = location('IN', 'in', 'storage')
    warehouse.lost_found_location, = Location.find([('type', '=', 'lost_found')], limit=1)
    warehouse.save()
    inventory = Inventory(location=shelf)
    for product in goods:
        line = inventory.lines.new(product=product)
        line.quantity, line.expected_quantity = 100000.0, 0.0
    inventory.click('confirm')


the_company = company()
last = fiscal_year(the_company, today.year - 1)
fiscal_year(the_company, today.year)
fiscal_year(the_company, today.year + 1)
the_goods = products(*categories(chart(the_company)))
last.click('close')  # gives the "closed period"
walk_in()
for each in seed['stores']:
    store(each['code'], each['name'], the_goods)
